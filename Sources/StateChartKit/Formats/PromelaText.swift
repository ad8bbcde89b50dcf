/// The parts of the model that are the same for every table. Here its words and its memory; what moves in it, and the rules, stand
/// in files of their own.
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
}
