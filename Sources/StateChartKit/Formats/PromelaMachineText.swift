extension PromelaText {
    /// How the machine takes an event.
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

    /// What the connection does outside: links, proofs and what is let go of.
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
}
