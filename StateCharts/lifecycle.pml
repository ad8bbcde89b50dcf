/*
 * The lifecycle of a connection, for spin.
 *
 * Generated from the transition table by `swift run charts`; do not edit. Digest 78cee0d5f2c00e57.
 *
 *     swift run charts verify                      all properties, with counterexamples
 *     spin -a lifecycle.pml && cc -o pan pan.c     by hand: then ./pan, and ./pan -a -f -N stopEnds for one claim
 */

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

/* States. */
#define idle              0
#define connecting        1
#define open              2
#define probing           3
#define stale             4
#define terminating       5
#define backoff           6
#define stopped           7

/* Events: commands, then what resources emit, then deadlines. */
#define start             0
#define stop              1
#define reconnect         2
#define probe             3
#define ready             4
#define attemptFailed     5
#define suspicion         6
#define lost              7
#define alive             8
#define deaf              9
#define inconclusive      10
#define closed            11
#define connectTimeout    12
#define probeDue          13
#define probeTimeout      14
#define drained           15
#define closeTimeout      16
#define retryDue          17

/* Actions. */
#define nothing           0
#define beginAttempt      1  /* The next generation begins. */
#define markReady         2  /* Remember when the connection became ready; no misses. */
#define countFailure      4  /* One more failure in a row: the wait grows. Forgotten after a stable connection. */
#define countMiss         8  /* One more unanswered probe in a row. */
#define clearMisses       16  /* The connection answered: no misses. */
#define retryAtOnce       32  /* The next wait is short. */
#define firstRetryAtOnce  64  /* The next wait is short if this failure is the first in a row. */
#define wantStop          128  /* No further attempt: the end is stopped. */

/* Questions. A row is taken always, when the answer is yes, or unless it is. */
#define mayRetry          1
#define missesLeft        2
#define stopWanted        3

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

/*
 * The table. Of two rows for one event and answer the later counts; an event without a row is dropped, as the
 * engine would.
 */
#define ROWS 56

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

inline table() {
    /*   state, what it owns, its deadline */
    owns(idle, NOTHING, NONE);  /* Not started. */
    owns(connecting, ATTEMPT, connectTimeout);  /* Identify and note the account's revision, dial, authenticate, wait for the greeting, prove that it answers. */
    owns(open, SOCKET, probeDue);  /* Events are delivered. */
    owns(probing, SOCKET + PROBE, probeTimeout);  /* Events are still delivered while the proof runs. */
    owns(stale, SOCKET, drained);  /* Judged deaf; a short drain still delivers what is already on its way. */
    owns(terminating, CLOSING, closeTimeout);  /* The close handshake is under way; at the deadline the socket is destroyed. */
    owns(backoff, NOTHING, retryDue);  /* Waiting, with jitter, before the next attempt. */
    owns(stopped, NOTHING, NONE);  /* The end. */
    /*  number, state, event, guard, next state (NONE: ignored), actions */
    row(0, idle, start, always, connecting, beginAttempt);  /* T01: The user asked for a connection. */
    row(1, idle, stop, always, stopped, wantStop);  /* T02: Nothing is owned yet; there is nothing to wait for. */
    row(2, idle, reconnect, always, NONE, nothing);  /* N01: There is nothing to replace before the start. */
    row(3, idle, probe, always, NONE, nothing);  /* N02: There is nothing to prove before the start. */
    row(4, connecting, ready, always, open, markReady);  /* T03: Greeted and answered: only now is it a connection, not when TCP opened. */
    row(5, connecting, attemptFailed, when(mayRetry), backoff, countFailure);  /* T04: Servers restart and accounts are enabled again: wait and try again. */
    row(6, connecting, attemptFailed, otherwise(mayRetry), stopped, wantStop);  /* T05: Trying again cannot help, or the user's attempt budget is spent. */
    row(7, connecting, connectTimeout, when(mayRetry), terminating, countFailure);  /* T06: A server that accepts and says nothing must not hold us for ever. */
    row(8, connecting, connectTimeout, otherwise(mayRetry), terminating, wantStop);  /* T07: The last attempt that the budget allows ran out of time: close it, then stop. */
    row(9, connecting, stop, always, terminating, wantStop);  /* T08: Break the attempt off and let go of its socket. */
    row(10, connecting, start, always, NONE, nothing);  /* N03: Already started. */
    row(11, connecting, reconnect, always, NONE, nothing);  /* N04: A new attempt is under way already, and its deadline bounds it. */
    row(12, connecting, probe, always, NONE, nothing);  /* N05: The attempt ends with a proof of its own. */
    row(13, open, probeDue, always, probing, nothing);  /* T09: Silence proves nothing: ask at intervals. */
    row(14, open, suspicion, always, probing, nothing);  /* T10: A suspicion is no verdict: it only causes a probe now. */
    row(15, open, probe, always, probing, nothing);  /* T11: The user asked for a proof. */
    row(16, open, lost, always, backoff, countFailure);  /* T12: The peer or the network ended the connection; there is nothing left to close. */
    row(17, open, reconnect, always, terminating, retryAtOnce);  /* T13: The user asked for a new connection. */
    row(18, open, stop, always, terminating, wantStop);  /* T14: Say goodbye properly. */
    row(19, open, start, always, NONE, nothing);  /* N06: Already started. */
    row(20, probing, alive, always, open, clearMisses);  /* T15: The proof succeeded. */
    row(21, probing, deaf, always, stale, countFailure + firstRetryAtOnce);  /* T16: Proven deaf: this socket will never deliver again, however alive it looks. */
    row(22, probing, inconclusive, when(missesLeft), open, countMiss);  /* T17: One unanswered question may be a hiccup: ask again soon. */
    row(23, probing, inconclusive, otherwise(missesLeft), stale, countFailure + firstRetryAtOnce);  /* T18: Too many unanswered questions in a row: replacing is cheaper than hoping. */
    row(24, probing, probeTimeout, when(missesLeft), open, countMiss);  /* T19: No answer in time is a miss; the late answer will be dropped. */
    row(25, probing, probeTimeout, otherwise(missesLeft), stale, countFailure + firstRetryAtOnce);  /* T20: Too many misses in a row: the peer is frozen or the path is gone. */
    row(26, probing, lost, always, backoff, countFailure);  /* T21: The connection ended during the proof; the proof is void. */
    row(27, probing, reconnect, always, terminating, retryAtOnce);  /* T22: The user need not wait for the verdict. */
    row(28, probing, stop, always, terminating, wantStop);  /* T23: The user need not wait for the verdict. */
    row(29, probing, start, always, NONE, nothing);  /* N07: Already started. */
    row(30, probing, probe, always, NONE, nothing);  /* N08: A probe is running already. */
    row(31, probing, suspicion, always, NONE, nothing);  /* N09: A probe is running already, and it sees the same evidence. */
    row(32, stale, drained, always, terminating, nothing);  /* T24: What was on its way has been delivered. */
    row(33, stale, lost, always, backoff, nothing);  /* T25: The peer ended it first; the verdict stands, a new attempt follows. */
    row(34, stale, reconnect, always, terminating, retryAtOnce);  /* T26: The user wants neither to wait for the drain nor before the next attempt. */
    row(35, stale, stop, always, terminating, wantStop);  /* T27: The user does not want to wait for the drain. */
    row(36, stale, start, always, NONE, nothing);  /* N10: Already started. */
    row(37, stale, probe, always, NONE, nothing);  /* N11: The verdict has been given. */
    row(38, stale, suspicion, always, NONE, nothing);  /* N12: The verdict has been given. */
    row(39, terminating, closed, when(stopWanted), stopped, nothing);  /* T28: Closed, and no more is wanted. */
    row(40, terminating, closed, otherwise(stopWanted), backoff, nothing);  /* T29: Closed; a new attempt follows. */
    row(41, terminating, closeTimeout, when(stopWanted), stopped, nothing);  /* T30: A silent peer cannot hold up a stop: the socket is destroyed. */
    row(42, terminating, closeTimeout, otherwise(stopWanted), backoff, nothing);  /* T31: A deaf server rarely answers a close: the socket is destroyed and a new attempt follows. */
    row(43, terminating, stop, always, terminating, wantStop);  /* T32: Remember it; the close that is under way goes on to its own deadline. */
    row(44, terminating, start, always, NONE, nothing);  /* N13: Already started. */
    row(45, terminating, reconnect, always, terminating, retryAtOnce);  /* T33: Remember it: unless a stop is wanted, the next attempt follows the close at once. */
    row(46, terminating, probe, always, NONE, nothing);  /* N14: There is nothing left to prove. */
    row(47, backoff, retryDue, always, connecting, beginAttempt);  /* T34: The wait is over. */
    row(48, backoff, reconnect, always, connecting, beginAttempt);  /* T35: The user does not want to wait. */
    row(49, backoff, stop, always, stopped, wantStop);  /* T36: Nothing is owned while waiting. */
    row(50, backoff, start, always, NONE, nothing);  /* N15: Already started. */
    row(51, backoff, probe, always, NONE, nothing);  /* N16: There is no connection to prove. */
    row(52, stopped, start, always, NONE, nothing);  /* N17: The end is final: create a new connection. */
    row(53, stopped, stop, always, NONE, nothing);  /* N18: Already stopped. */
    row(54, stopped, reconnect, always, NONE, nothing);  /* N19: The end is final: create a new connection. */
    row(55, stopped, probe, always, NONE, nothing);  /* N20: There is no connection to prove. */
}

inline set_when(asked, variable, value) {
    if
    :: asked -> variable = value
    :: else
    fi
}

inline mark_row() {
    if
    :: !was_taken[taken_row] -> was_taken[taken_row] = true; printf("row %d\n", taken_row)
    :: else
    fi
}

inline mark_state() {
    if
    :: !was_entered[state] -> was_entered[state] = true; printf("state %d\n", state)
    :: else
    fi
}

inline tell(event, origin, fatal) {
    if
    :: TELLING ->
        printf("step %d %d %d %d %d ", event, origin, fatal, taken_row, state);
        printf("%d %d %d %d %d ", misses, failures, generation, round, at_once);
        printf("%d %d %d\n", stop_wanted, budget, broken)
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

/* The rules that no step may break, as bits of `broken`. */
#define BREAKS_LINKS         1  /* There are never two links: a connection dials only when its last link is gone. */
#define BREAKS_LETGO         2  /* No live link is dropped without a close, and nothing is held at an end or kept when it is gone. */
#define BREAKS_LATE          4  /* Nothing of an older link, an older proof or another state's deadline has an effect. */
#define BREAKS_NUMBERED      8  /* Every link has a generation of its own. */
#define BREAKS_FINAL         16  /* Nothing leaves stopped. */
#define BREAKS_DEADLINE      32  /* Every state but idle and stopped has its deadline, and it leads to another state. */
#define BREAKS_ANSWERED      64  /* Whatever can really happen in a state has a row. */
#define BREAKS_WORKING       128  /* No unanswered proof, suspicion or error of REST alone ends a working connection while misses are left. */
#define BREAKS_VERDICT       256  /* Alive and a miss that is forgiven end the proof; deaf and the last miss drain the connection. */
#define BREAKS_GREETED       512  /* An attempt that is ready becomes an open connection, and no other does. */
#define BREAKS_ASKED         1024  /* In open, a suspicion, the probe's time and the user's question begin a proof, and nothing else does. */
#define BREAKS_STOPPING      2048  /* A stop begins at once, and no attempt follows it. */
#define BREAKS_UNASKED       4096  /* Stopped is reached only by a stop or by a failure that is final, and is wanted then. */
#define BREAKS_ATONCE        8192  /* The user's start dials at once; so does a reconnect from a wait, and it leaves a connection at once. */
#define BREAKS_ONLYBY        16384  /* Each state ends only by what it waits for, and by the user's stop or reconnect where that counts. */
#define BREAKS_PROMPT        32768  /* The wait is short after a first deaf verdict and the user's reconnect, and only then. */

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
#define FROM_OLDER(resource, its_generation) \
    admitted = ((owns_of[state] & resource) && its_generation == generation)
#define FROM_PROOF            admitted = (proof_generation == generation && proof_round == round)
#define FROM_OLDER_PROOF \
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

/* What must be paid in the end, whatever happens meanwhile. */
/* A stop, or a failure that is final, leads to stopped. */
ltl stopEnds { [] (<> !(stop_asked && state != stopped)) }
/* A deaf verdict leads to connecting, unless a stop is wanted. */
ltl deafReplaced { [] (<> !((owed & OWED_DEAF))) }
/* The last miss leads to connecting, unless a stop is wanted. */
ltl missedReplaced { [] (<> !((owed & OWED_MISSED))) }
/* A lost connection leads to connecting, unless a stop is wanted. */
ltl lostReplaced { [] (<> !((owed & OWED_LOST))) }
/* A failed attempt that may be repeated leads to connecting. */
ltl failureRetried { [] (<> !((owed & OWED_RETRY))) }
/* The user's reconnect leads to connecting, unless a stop is wanted. */
ltl reconnectFollowed { [] (<> !((owed & OWED_RECONNECT))) }
/* The user's start leads to connecting, unless a stop is wanted. */
ltl startFollowed { [] (<> !((owed & OWED_START))) }
/* Every attempt is released. */
ltl attemptReleased { [] (<> !((held & ATTEMPT))) }
/* Every probe is released. */
ltl probeReleased { [] (<> !((held & PROBE))) }
/* Every closing socket is released. */
ltl closingReleased { [] (<> !((held & CLOSING))) }
