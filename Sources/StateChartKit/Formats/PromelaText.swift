/// The parts of the model that are the same for every table.
enum PromelaText {
    static let constants = """
        /* A printed course of events: -DTELLING=1 for the simulator. */
        #ifndef TELLING
        #define TELLING 0
        #endif
        /* The rules that are looked at, as a mask of bits. */
        #ifndef CHECKED
        #define CHECKED 16777215
        #endif

        /* Bounds: they keep the model finite and change nothing that a rule speaks about. */
        #define MISSES_ALLOWED    1    /* as in the engine, unless it is told otherwise */
        #define SMALL_BUDGET      2    /* attempts that may fail in a row, where the user sets a budget */
        #define NO_BUDGET         255
        #define MOST_FAILURES     2    /* more than that are not told apart */
        #define NUMBERS           3    /* generations and rounds are counted modulo this: now, before, and before that */

        #define NONE              255

        /* Resources. The link to the server is an attempt, then a socket, then closing. */
        #define NOTHING           0
        #define ATTEMPT           1
        #define SOCKET            2
        #define PROBE             4
        #define CLOSING           8
        #define LINK              11

        """

    static let memory = """
        #define STATES            8
        #define EVENTS            18
        #define CELLS             288

        #define always            0
        #define when(question)    question
        #define otherwise(question) (question + 8)

        /* The machine. */
        byte state = idle;
        byte generation;         /* of the link, modulo NUMBERS */
        byte round;              /* of the proof, modulo NUMBERS */
        byte misses;             /* unanswered proofs in a row */
        byte failures;           /* failures in a row */
        bool stop_wanted;
        bool at_once;            /* the next wait is short */
        byte age;                /* of the connection: 0 not ready, 1 young, 2 stable */
        byte budget = NO_BUDGET;

        /* The shell: what is really there. */
        byte held;               /* resources */
        byte link_generation;    /* what the present link was told */
        byte proof_generation;   /* what the present proof was told */
        byte proof_round;
        byte links_before;       /* 0, 1, 2 or more links are gone … */
        byte older, oldest;      /* … and had these generations */
        bool proofs_before;      /* a proof is over, … */
        byte older_proof_generation, older_proof_round;  /* … and had these numbers */

        /* What the rules remember, without asking the machine. */
        bool stop_asked;         /* by the user, or by a failure that is final */
        byte owed;               /* an attempt, because of … */
        #define OWED_DEAF         1
        #define OWED_MISSED       2
        #define OWED_LOST         4
        #define OWED_RETRY        8
        #define OWED_RECONNECT    16
        #define OWED_START        32
        byte unanswered;         /* proofs in a row */
        byte failed;             /* times in a row */
        bool soon;               /* the next wait should be short */
        byte real_age;
        bool user_left;          /* no further command comes */
        int broken;              /* the rules that the last step broke */

        /* Scratch, gone after each step. */
        hidden short slot;
        hidden byte from, taken_row, moved, admitted, does, acquired, given_up, gone, worked, works, spent;

        """

    static let arrays = """
        hidden byte row_of[CELLS] = NONE;
        hidden byte question_of[CELLS];
        hidden byte target_of[ROWS] = NONE;
        hidden byte actions_of[ROWS];
        hidden byte owns_of[STATES];
        hidden byte deadline_of[STATES] = NONE;
        hidden byte was_taken[ROWS];
        hidden byte was_entered[STATES];

        inline owns(which, resources, deadline) {
            owns_of[which] = resources;
            deadline_of[which] = deadline
        }

        inline row(id, in_state, event, condition, target, actions) {
            slot = in_state * EVENTS + event;
            if
            :: condition == 0 ->
                row_of[slot * 2] = id;
                row_of[slot * 2 + 1] = id;
                question_of[slot] = 0
            :: condition > 8 ->
                row_of[slot * 2] = id;
                question_of[slot] = condition - 8
            :: condition > 0 && condition <= 8 ->
                row_of[slot * 2 + 1] = id;
                question_of[slot] = condition
            fi;
            target_of[id] = target;
            actions_of[id] = actions
        }

        """

    /// In place of the table: reads one, as numbers, from the variable TABLE of the verifier's process.
    static let loadedTable = """
        #define ROWS              255

        \(arrays)
        c_decl {
            static int next_number(void) {
                static char *at;
                if (!at) at = getenv("TABLE");
                if (!at) { fprintf(stderr, "TABLE is missing\\n"); exit(2); }
                return (int) strtol(at, &at, 10);
            }
            static int number_of(const char *name, int otherwise) {
                char *text = getenv(name);
                return text ? atoi(text) : otherwise;
            }
        }
        hidden byte kind, a1, a2, a3, a4, a5, a6;

        inline table() {
            c_code { checked = number_of("CHECKED", 16777215); telling = number_of("TELLING", 0); };
            do
            :: c_code { kind = next_number(); };
                if
                :: kind == 1 ->
                    c_code { a1 = next_number(); a2 = next_number(); a3 = next_number(); };
                    owns(a1, a2, a3)
                :: kind == 2 ->
                    c_code { a1 = next_number(); a2 = next_number(); a3 = next_number(); };
                    c_code { a4 = next_number(); a5 = next_number(); a6 = next_number(); };
                    row(a1, a2, a3, a4, a5, a6)
                :: else -> break
                fi
            od
        }

        """

    /// What stands before everything else where the table is loaded.
    static let loadedHeading = """
        hidden int checked;
        hidden byte telling;
        #define CHECKED checked
        #define TELLING telling

        """

    static let machine = """
        inline set_when(asked, variable, value) {
            if
            :: asked -> variable = value
            :: else
            fi
        }

        inline mark_row() {
            if
            :: !was_taken[taken_row] -> was_taken[taken_row] = true; printf("row %d\\n", taken_row)
            :: else
            fi
        }

        inline mark_state() {
            if
            :: !was_entered[state] -> was_entered[state] = true; printf("state %d\\n", state)
            :: else
            fi
        }

        inline tell(event, origin, fatal) {
            if
            :: TELLING ->
                printf("step %d %d %d %d %d ", event, origin, fatal, taken_row, state);
                printf("%d %d %d %d %d ", misses, failures, generation, round, at_once);
                printf("%d %d %d\\n", stop_wanted, budget, broken)
            :: else
            fi
        }

        /* The row for an event: which answer its question gets, and what stands there. */
        inline look_up(event, fatal) {
            from = state;
            moved = false;
            slot = (state * EVENTS + event) * 2;
            if
            :: question_of[slot / 2] == mayRetry && !(fatal) && failures < budget -> slot++
            :: question_of[slot / 2] == missesLeft && misses < MISSES_ALLOWED -> slot++
            :: question_of[slot / 2] == stopWanted && stop_wanted -> slot++
            :: else
            fi;
            taken_row = row_of[slot];
            if
            :: !admitted -> taken_row = NONE
            :: admitted && taken_row != NONE -> moved = (target_of[taken_row] != NONE)
            :: else
            fi
        }

        /* A connection that was stable has earned a clean slate. */
        inline settle(how_old, count) {
            set_when(how_old == 2, count, 0);
            how_old = 0
        }

        /* What the engine's machine does with the row. */
        inline act() {
            does = actions_of[taken_row];
            set_when(does & beginAttempt, generation, (generation + 1) % NUMBERS);
            if
            :: does & markReady -> age = 1; misses = 0; at_once = false
            :: else
            fi;
            set_when(does & clearMisses, misses, 0);
            set_when((does & countMiss) && misses <= MISSES_ALLOWED, misses, misses + 1);
            if
            :: does & (countFailure + retryAtOnce + wantStop) -> settle(age, failures)
            :: else
            fi;
            if
            :: does & countFailure ->
                set_when(failures < MOST_FAILURES, failures, failures + 1);
                at_once = false
            :: else
            fi;
            set_when((does & firstRetryAtOnce) && failures == 1, at_once, true);
            set_when(does & retryAtOnce, at_once, true);
            set_when(does & wantStop, stop_wanted, true);
            state = target_of[taken_row];
            acquired = owns_of[state] & ~owns_of[from];
            given_up = owns_of[from] & ~owns_of[state];
            set_when(acquired & PROBE, round, (round + 1) % NUMBERS);
            mark_state()
        }

        """

    static let shell = """
        inline new_link() {
            if
            :: links_before == 0 && generation == 0 -> broken = broken | BREAKS_NUMBERED
            :: links_before > 0 && generation == older -> broken = broken | BREAKS_NUMBERED
            :: links_before > 1 && generation == oldest -> broken = broken | BREAKS_NUMBERED
            :: else
            fi;
            link_generation = generation
        }

        inline end_link() {
            oldest = older;
            older = link_generation;
            link_generation = 0;
            set_when(links_before < 2, links_before, links_before + 1)
        }

        /* Carries out the step, as far as that is possible with things that are real. */
        inline carry_out(event) {
            held = owns_of[state];
            gone = (event == attemptFailed || event == lost || event == closed);
            if
            :: (held & LINK) == 0 || (held & LINK) == ATTEMPT || (held & LINK) == SOCKET || (held & LINK) == CLOSING
            :: else -> broken = broken | BREAKS_LINKS
            fi;
            if
            :: (acquired & LINK) == 0 && (given_up & LINK) == 0 ->
                set_when(gone && (held & LINK), broken, broken | BREAKS_LETGO)
            :: (acquired & LINK) == 0 && (given_up & LINK) != 0 ->
                set_when(!gone && event != closeTimeout, broken, broken | BREAKS_LETGO);
                end_link()
            :: (acquired & LINK) == ATTEMPT && (given_up & LINK) == 0 ->
                new_link()
            :: (acquired & LINK) == SOCKET && (given_up & LINK) == ATTEMPT ->
                set_when(gone, broken, broken | BREAKS_LETGO)
            :: (acquired & LINK) == CLOSING && ((given_up & LINK) == ATTEMPT || (given_up & LINK) == SOCKET) ->
                set_when(gone, broken, broken | BREAKS_LETGO)
            :: (acquired & ATTEMPT) != 0 && (given_up & LINK) != 0 ->
                broken = broken | BREAKS_LINKS;
                end_link();
                new_link()
            :: else ->
                broken = broken | BREAKS_LETGO;
                link_generation = generation
            fi;
            if
            :: given_up & PROBE ->
                proofs_before = true;
                older_proof_generation = proof_generation;
                older_proof_round = proof_round;
                proof_generation = 0;
                proof_round = 0
            :: else
            fi;
            if
            :: acquired & PROBE -> proof_generation = generation; proof_round = round
            :: else
            fi;
            set_when((held & PROBE) && !(held & SOCKET), broken, broken | BREAKS_LETGO);
            set_when(held && (state == idle || state == stopped), broken, broken | BREAKS_LETGO)
        }

        """

    static let rules = """
        inline breaks(when_true, rule) {
            set_when(when_true, broken, broken | rule)
        }

        inline count_failure() {
            set_when(failed < MOST_FAILURES, failed, failed + 1);
            soon = false
        }

        /* What the event means, whatever the machine makes of it. */
        inline remember(event, fatal) {
            spent = false;
            if
            :: event == start && from == idle -> owed = owed | OWED_START
            :: event == stop && from != stopped -> stop_asked = true
            :: event == reconnect && (from == open || from == probing || from == stale || from == terminating) ->
                settle(real_age, failed);
                soon = true;
                owed = owed | OWED_RECONNECT
            :: event == reconnect && from == backoff -> owed = owed | OWED_RECONNECT
            :: event == ready -> unanswered = 0; real_age = 1; soon = false
            :: event == attemptFailed || event == connectTimeout ->
                if
                :: (fatal) || failed >= budget -> stop_asked = true
                :: else -> count_failure(); owed = owed | OWED_RETRY
                fi
            :: event == lost ->
                if
                :: from != stale -> settle(real_age, failed); count_failure()
                :: else
                fi;
                owed = owed | OWED_LOST
            :: event == alive -> unanswered = 0
            :: event == deaf ->
                settle(real_age, failed);
                count_failure();
                soon = (failed == 1);
                owed = owed | OWED_DEAF
            :: event == inconclusive || event == probeTimeout ->
                if
                :: unanswered < MISSES_ALLOWED -> unanswered++
                :: else ->
                    spent = true;
                    settle(real_age, failed);
                    count_failure();
                    soon = (failed == 1);
                    owed = owed | OWED_MISSED
                fi
            :: else
            fi;
            if
            :: stop_asked || (acquired & ATTEMPT) -> owed = 0
            :: else
            fi
        }

        inline judge(event) {
            worked = (from == open || from == probing);
            works = (state == open || state == probing);
            breaks(from == stopped && state != stopped, BREAKS_FINAL);
            breaks(state != idle && state != stopped && deadline_of[state] == NONE, BREAKS_DEADLINE);
            breaks((state == idle || state == stopped) && deadline_of[state] != NONE, BREAKS_DEADLINE);
            breaks(event >= connectTimeout && state == from, BREAKS_DEADLINE);
            breaks(taken_row == NONE, BREAKS_ANSWERED);
            if
            :: worked && !works && !spent ->
                breaks(event != deaf && event != lost && event != reconnect && event != stop, BREAKS_WORKING)
            :: else
            fi;
            if
            :: event == deaf || spent -> breaks(state != stale, BREAKS_VERDICT)
            :: event == alive || ((event == inconclusive || event == probeTimeout) && !spent) ->
                breaks(state != open, BREAKS_VERDICT)
            :: else
            fi;
            breaks(event == ready && state != open, BREAKS_GREETED);
            breaks(from == connecting && event != ready && (held & SOCKET), BREAKS_GREETED);
            if
            :: from == open && (event == probeDue || event == suspicion || event == probe) ->
                breaks(state != probing, BREAKS_ASKED)
            :: from == open && event != probeDue && event != suspicion && event != probe ->
                breaks(state == probing, BREAKS_ASKED)
            :: else
            fi;
            breaks(event == stop && state != terminating && state != stopped, BREAKS_STOPPING);
            breaks((acquired & ATTEMPT) && stop_asked, BREAKS_STOPPING);
            breaks(state == stopped && !(stop_asked && stop_wanted), BREAKS_UNASKED);
            if
            :: event == reconnect && (from == open || from == probing || from == stale) ->
                breaks(held & SOCKET, BREAKS_ATONCE)
            :: (event == reconnect && from == backoff) || (event == start && from == idle) ->
                breaks(!(held & ATTEMPT), BREAKS_ATONCE)
            :: else
            fi;
            if
            :: from == idle && state != idle -> breaks(event != start && event != stop, BREAKS_ONLYBY)
            :: from == connecting && state != connecting ->
                breaks(event != ready && event != attemptFailed && event != connectTimeout && event != stop, BREAKS_ONLYBY)
            :: from == probing && state == open ->
                breaks(event != alive && event != inconclusive && event != probeTimeout, BREAKS_ONLYBY)
            :: from == stale && state != stale ->
                breaks(event != drained && event != lost && event != reconnect && event != stop, BREAKS_ONLYBY)
            :: from == terminating && state != terminating ->
                breaks(event != closed && event != closeTimeout, BREAKS_ONLYBY)
            :: from == backoff && state != backoff ->
                breaks(event != retryDue && event != reconnect && event != stop, BREAKS_ONLYBY)
            :: else
            fi;
            breaks(state == backoff && from != backoff && at_once != soon, BREAKS_PROMPT)
        }

        """

    static let surroundings = """
        /* Something happens that can really happen now. */
        inline happens(event, fatal) {
            broken = 0;
            acquired = 0;
            given_up = 0;
            look_up(event, fatal);
            if
            :: taken_row != NONE -> mark_row()
            :: else
            fi;
            if
            :: moved -> act()
            :: else
            fi;
            carry_out(event);
            remember(event, fatal);
            judge(event);
            tell(event, 0, fatal);
            assert(!(broken & CHECKED))
        }

        /* Something arrives that is over: it must not count. */
        inline comes_late(event, origin) {
            broken = 0;
            look_up(event, 0);
            breaks(moved, BREAKS_LATE);
            tell(event, origin, 0);
            assert(!(broken & CHECKED))
        }

        #define FROM_LINK(resource)   admitted = ((owns_of[state] & resource) && link_generation == generation)
        #define FROM_OLDER(resource, its_generation) \\
            admitted = ((owns_of[state] & resource) && its_generation == generation)
        #define FROM_PROOF            admitted = (proof_generation == generation && proof_round == round)
        #define FROM_OLDER_PROOF \\
            admitted = ((owns_of[state] & PROBE) && older_proof_generation == generation && older_proof_round == round)

        /* The deadline of one state. Where fairness is asked for, it fires some time if the
         * state is not left. Idle and stopped have none: a table that gives them one breaks a rule. */
        proctype clock(byte which) {
            end: do
            :: d_step { state == which && deadline_of[which] != NONE -> admitted = true; happens(deadline_of[which], 0) }
            od
        }

        /* Commands at any time, until the user has no more of them. */
        proctype user() {
            do
            :: d_step { admitted = true; happens(start, 0) }
            :: d_step { admitted = true; happens(stop, 0) }
            :: d_step { admitted = true; happens(reconnect, 0) }
            :: d_step { admitted = true; happens(probe, 0) }
            :: d_step { user_left = true; broken = 0 } -> break
            od
        }

        /* What resources emit: anything, in any order, late, or from some moment on nothing at all. */
        proctype network() {
            do
            :: d_step { held & ATTEMPT -> FROM_LINK(ATTEMPT); happens(ready, 0) }
            :: d_step { held & ATTEMPT -> FROM_LINK(ATTEMPT); happens(attemptFailed, 0) }
            :: d_step { held & ATTEMPT -> FROM_LINK(ATTEMPT); happens(attemptFailed, 1) }
            :: d_step { held & SOCKET -> FROM_LINK(SOCKET); happens(suspicion, 0) }
            :: d_step { held & SOCKET -> FROM_LINK(SOCKET); happens(lost, 0) }
            :: d_step { held & PROBE -> FROM_PROOF; happens(alive, 0) }
            :: d_step { held & PROBE -> FROM_PROOF; happens(deaf, 0) }
            :: d_step { held & PROBE -> FROM_PROOF; happens(inconclusive, 0) }
            :: d_step { held & CLOSING -> FROM_LINK(CLOSING); happens(closed, 0) }

            /* The connection lasts. */
            :: d_step {
                    real_age == 1 -> real_age = 2;
                    set_when(age == 1, age, 2);
                    broken = 0;
                    taken_row = NONE;
                    tell(100, 0, 0)
                }

            /* From the present link, but from a phase of it that is over. */
            :: d_step { (held & LINK) && !(held & ATTEMPT) -> FROM_LINK(ATTEMPT); comes_late(ready, 1) }
            :: d_step { (held & LINK) && !(held & ATTEMPT) -> FROM_LINK(ATTEMPT); comes_late(attemptFailed, 1) }
            :: d_step { (held & LINK) && !(held & SOCKET) -> FROM_LINK(SOCKET); comes_late(suspicion, 1) }
            :: d_step { (held & LINK) && !(held & SOCKET) -> FROM_LINK(SOCKET); comes_late(lost, 1) }

            /* From the link before, and from the one before that. */
            :: d_step { links_before > 0 -> FROM_OLDER(ATTEMPT, older); comes_late(ready, 2) }
            :: d_step { links_before > 0 -> FROM_OLDER(ATTEMPT, older); comes_late(attemptFailed, 2) }
            :: d_step { links_before > 0 -> FROM_OLDER(SOCKET, older); comes_late(suspicion, 2) }
            :: d_step { links_before > 0 -> FROM_OLDER(SOCKET, older); comes_late(lost, 2) }
            :: d_step { links_before > 0 -> FROM_OLDER(CLOSING, older); comes_late(closed, 2) }
            :: d_step { links_before > 1 -> FROM_OLDER(ATTEMPT, oldest); comes_late(ready, 3) }
            :: d_step { links_before > 1 -> FROM_OLDER(ATTEMPT, oldest); comes_late(attemptFailed, 3) }
            :: d_step { links_before > 1 -> FROM_OLDER(SOCKET, oldest); comes_late(suspicion, 3) }
            :: d_step { links_before > 1 -> FROM_OLDER(SOCKET, oldest); comes_late(lost, 3) }
            :: d_step { links_before > 1 -> FROM_OLDER(CLOSING, oldest); comes_late(closed, 3) }

            /* From the proof before, of this link or an older one. */
            :: d_step { proofs_before -> FROM_OLDER_PROOF; comes_late(alive, 4) }
            :: d_step { proofs_before -> FROM_OLDER_PROOF; comes_late(deaf, 4) }
            :: d_step { proofs_before -> FROM_OLDER_PROOF; comes_late(inconclusive, 4) }

            /* Deadlines of states that are over. */
            :: d_step { deadline_of[state] != connectTimeout -> admitted = false; comes_late(connectTimeout, 5) }
            :: d_step { deadline_of[state] != probeDue -> admitted = false; comes_late(probeDue, 5) }
            :: d_step { deadline_of[state] != probeTimeout -> admitted = false; comes_late(probeTimeout, 5) }
            :: d_step { deadline_of[state] != drained -> admitted = false; comes_late(drained, 5) }
            :: d_step { deadline_of[state] != closeTimeout -> admitted = false; comes_late(closeTimeout, 5) }
            :: d_step { deadline_of[state] != retryDue -> admitted = false; comes_late(retryDue, 5) }

            :: break
            od
        }

        /* Sets the table up, lets all loose, and can end only where standing still is allowed. */
        init {
            atomic {
                d_step { table() };
                d_step { mark_state() };
                if
                :: budget = NO_BUDGET
                :: budget = SMALL_BUDGET
                fi;
                run clock(connecting);
                run clock(open);
                run clock(probing);
                run clock(stale);
                run clock(terminating);
                run clock(backoff);
                run user();
                run network()
            };
            state == stopped || (state == idle && user_left)
        }

        """
}
