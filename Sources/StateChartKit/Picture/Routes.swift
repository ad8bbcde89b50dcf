/// How the lines run, by `from to`: hand-set for each picture of the whole machine.
enum Routes {
    static let complete: [String: Route] = [
        // Above: the happy path.
        "idle connecting": Route(corners: [Point(70, 190), Point(315, 190)], label: Point(150, 180)),
        "connecting open": Route(corners: [Point(485, 190), Point(660, 190)], label: Point(534, 180)),
        "open probing": Route(corners: [Point(830, 176), Point(1015, 176)], label: Point(866, 124)),
        "probing open": Route(corners: [Point(1015, 206), Point(830, 206)], label: Point(800, 242)),
        // Down.
        "probing stale": Route(
            corners: [Point(1110, 220), Point(1110, 520)], label: Point(948, 391), wraps: true),
        "open terminating": Route(corners: [Point(770, 220), Point(770, 520)], label: Point(780, 318)),
        "probing terminating": Route(
            corners: [Point(1070, 220), Point(1070, 354), Point(808, 354), Point(808, 520)], label: Point(936, 324)),
        "connecting terminating": Route(
            corners: [Point(455, 220), Point(455, 290), Point(716, 290), Point(716, 520)], label: Point(514, 316),
            wraps: true),
        "open backoff": Route(
            corners: [Point(700, 220), Point(700, 476), Point(455, 476), Point(455, 520)], label: Point(536, 466)),
        "connecting backoff": Route(
            corners: [Point(345, 220), Point(345, 520)], label: Point(180, 420), wraps: true),
        // Below: recovery.
        "stale terminating": Route(corners: [Point(1015, 550), Point(830, 550)], label: Point(866, 498)),
        "terminating backoff": Route(corners: [Point(660, 566), Point(485, 566)], label: Point(459, 600)),
        "backoff connecting": Route(corners: [Point(378, 520), Point(378, 220)], label: Point(388, 420)),
        "stale backoff": Route(
            corners: [Point(1100, 580), Point(1100, 682), Point(412, 682), Point(412, 580)], label: Point(1010, 672)),
        "probing backoff": Route(
            corners: [Point(1185, 190), Point(1236, 190), Point(1236, 720), Point(384, 720), Point(384, 580)],
            label: Point(1010, 710)),
        "terminating terminating": Route(
            corners: [Point(765, 580), Point(765, 626), Point(806, 626), Point(806, 580)], label: Point(818, 608)),
        // The end.
        "idle stopped": Route(corners: [Point(60, 200), Point(60, 536)], label: Point(70, 355)),
        "connecting stopped": Route(
            corners: [Point(315, 206), Point(150, 206), Point(150, 543), Point(74, 543)], label: Point(160, 262),
            wraps: true),
        "backoff stopped": Route(corners: [Point(315, 559), Point(74, 559)], label: Point(192, 549)),
        "terminating stopped": Route(
            corners: [Point(700, 580), Point(700, 646), Point(60, 646), Point(60, 564)], label: Point(76, 614)),
    ]

    static let overview: [String: Route] = [
        "idle connecting": Route(corners: [Point(70, 190), Point(315, 190)], label: Point(146, 178)),
        "connecting open": Route(corners: [Point(485, 190), Point(660, 190)], label: Point(508, 178)),
        "open probing": Route(corners: [Point(830, 176), Point(1015, 176)], label: Point(860, 114)),
        "probing open": Route(corners: [Point(1015, 206), Point(830, 206)], label: Point(846, 238)),
        "probing stale": Route(
            corners: [Point(1166, 220), Point(1166, 520)], label: Point(990, 360), wraps: true),
        "stale terminating": Route(corners: [Point(1015, 550), Point(830, 550)], label: Point(852, 538)),
        "terminating backoff": Route(corners: [Point(660, 562), Point(485, 562)], label: Point(440, 606)),
        "backoff connecting": Route(corners: [Point(400, 520), Point(400, 220)], label: Point(414, 370)),
        "terminating stopped": Route(
            corners: [Point(745, 580), Point(745, 676), Point(60, 676), Point(60, 564)], label: Point(76, 640)),
    ]

    static let deadlines: [String: Route] = [
        "connecting terminating": Route(
            corners: [Point(455, 220), Point(455, 385), Point(745, 385), Point(745, 520)], label: Point(470, 344)),
        "open probing": Route(corners: [Point(830, 176), Point(1015, 176)], label: Point(864, 164)),
        "probing open": Route(corners: [Point(1015, 206), Point(830, 206)], label: Point(790, 246)),
        "probing stale": Route(
            corners: [Point(1100, 220), Point(1100, 520)], label: Point(924, 372), wraps: true),
        "stale terminating": Route(corners: [Point(1015, 550), Point(830, 550)], label: Point(866, 538)),
        "terminating backoff": Route(corners: [Point(660, 562), Point(485, 562)], label: Point(440, 606)),
        "backoff connecting": Route(corners: [Point(400, 520), Point(400, 220)], label: Point(272, 378)),
        "terminating stopped": Route(
            corners: [Point(745, 580), Point(745, 676), Point(60, 676), Point(60, 564)], label: Point(76, 664)),
    ]

    static let shutdown: [String: Route] = [
        "idle stopped": Route(corners: [Point(60, 200), Point(60, 536)], label: Point(72, 372)),
        "connecting stopped": Route(
            corners: [Point(315, 206), Point(170, 206), Point(170, 538), Point(74, 538)], label: Point(182, 372)),
        "connecting terminating": Route(
            corners: [Point(455, 220), Point(455, 420), Point(690, 420), Point(690, 520)], label: Point(468, 380)),
        "terminating stopped": Route(
            corners: [Point(700, 580), Point(700, 676), Point(60, 676), Point(60, 564)], label: Point(76, 640)),
        "backoff stopped": Route(corners: [Point(315, 562), Point(74, 562)], label: Point(200, 550)),
        "terminating terminating": Route(
            corners: [Point(765, 580), Point(765, 632), Point(810, 632), Point(810, 580)], label: Point(824, 614)),
    ]
}
