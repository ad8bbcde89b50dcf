extension PromelaText {
    /// Everything that the user, the network, the resources and the deadlines can do.
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
