extension PromelaText {
    /// What must hold after each event.
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
}
