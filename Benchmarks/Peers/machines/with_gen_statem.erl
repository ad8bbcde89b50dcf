%% The lifecycle as an Erlang gen_statem: one process, driven by the messages of another. The processor time of sending
%% is part of a transition here: a gen_statem cannot be reached in another way.
-module(with_gen_statem).
-behaviour(gen_statem).

-export([main/0]).
-export([init/1, callback_mode/0]).
-export([idle/3, connecting/3, open/3, probing/3, stale/3, terminating/3, backoff/3, stopped/3]).

-record(data, {misses_allowed = 1, attempt_budget = infinity, generation = 0, misses = 0, failures = 0,
               stop_wanted = false}).

%% The machine

init([]) -> {ok, idle, #data{}}.

callback_mode() -> state_functions.

idle(cast, start, Data) -> {next_state, connecting, begin_attempt(Data)};
idle(cast, stop, Data) -> {next_state, stopped, want_stop(Data)};
idle(Type, Event, Data) -> common(Type, Event, idle, Data).

connecting(cast, ready, Data) -> {next_state, open, Data#data{misses = 0}};
%% A number is less than an atom: a budget of infinity is never spent.
connecting(cast, attempt_failed, #data{failures = Failures, attempt_budget = Budget} = Data) when Failures < Budget ->
    {next_state, backoff, count_failure(Data)};
connecting(cast, attempt_failed, Data) -> {next_state, stopped, want_stop(Data)};
connecting(cast, connect_timeout, #data{failures = Failures, attempt_budget = Budget} = Data) when Failures < Budget ->
    {next_state, terminating, count_failure(Data)};
connecting(cast, connect_timeout, Data) -> {next_state, terminating, want_stop(Data)};
connecting(cast, stop, Data) -> {next_state, terminating, want_stop(Data)};
connecting(Type, Event, Data) -> common(Type, Event, connecting, Data).

open(cast, probe_due, Data) -> {next_state, probing, Data};
open(cast, suspicion, Data) -> {next_state, probing, Data};
open(cast, probe, Data) -> {next_state, probing, Data};
open(cast, lost, Data) -> {next_state, backoff, count_failure(Data)};
open(cast, reconnect, Data) -> {next_state, terminating, Data};
open(cast, stop, Data) -> {next_state, terminating, want_stop(Data)};
open(Type, Event, Data) -> common(Type, Event, open, Data).

probing(cast, alive, Data) -> {next_state, open, Data#data{misses = 0}};
probing(cast, deaf, Data) -> {next_state, stale, count_failure(Data)};
probing(cast, inconclusive, Data) -> missed(Data);
probing(cast, probe_timeout, Data) -> missed(Data);
probing(cast, lost, Data) -> {next_state, backoff, count_failure(Data)};
probing(cast, reconnect, Data) -> {next_state, terminating, Data};
probing(cast, stop, Data) -> {next_state, terminating, want_stop(Data)};
probing(Type, Event, Data) -> common(Type, Event, probing, Data).

stale(cast, drained, Data) -> {next_state, terminating, Data};
stale(cast, lost, Data) -> {next_state, backoff, Data};
stale(cast, reconnect, Data) -> {next_state, terminating, Data};
stale(cast, stop, Data) -> {next_state, terminating, want_stop(Data)};
stale(Type, Event, Data) -> common(Type, Event, stale, Data).

terminating(cast, closed, Data) -> after_close(Data);
terminating(cast, close_timeout, Data) -> after_close(Data);
terminating(cast, stop, Data) -> {keep_state, want_stop(Data)};
terminating(cast, reconnect, _) -> keep_state_and_data;
terminating(Type, Event, Data) -> common(Type, Event, terminating, Data).

backoff(cast, retry_due, Data) -> {next_state, connecting, begin_attempt(Data)};
backoff(cast, reconnect, Data) -> {next_state, connecting, begin_attempt(Data)};
backoff(cast, stop, Data) -> {next_state, stopped, want_stop(Data)};
backoff(Type, Event, Data) -> common(Type, Event, backoff, Data).

stopped(Type, Event, Data) -> common(Type, Event, stopped, Data).

missed(#data{misses = Misses, misses_allowed = Allowed} = Data) when Misses < Allowed ->
    {next_state, open, Data#data{misses = Misses + 1}};
missed(Data) -> {next_state, stale, count_failure(Data)}.

after_close(#data{stop_wanted = true} = Data) -> {next_state, stopped, Data};
after_close(Data) -> {next_state, backoff, Data}.

begin_attempt(#data{generation = Generation} = Data) -> Data#data{generation = Generation + 1}.

count_failure(#data{failures = Failures} = Data) -> Data#data{failures = Failures + 1}.

want_stop(Data) -> Data#data{stop_wanted = true}.

common({call, From}, where, State, #data{generation = Generation, misses = Misses, failures = Failures}) ->
    {keep_state_and_data, [{reply, From, {State, Generation, Misses, Failures}}]};
common(cast, _, _, _) -> keep_state_and_data.

%% The walk: one turn from connecting to connecting, with the state and the misses that follow. The first probe without
%% an answer is forgiven, the second is not: the guard decides, not the event.

cycle() ->
    [{ready, open, 0}, {probe_due, probing, 0}, {probe_timeout, open, 1}, {probe_due, probing, 1},
     {probe_timeout, stale, 1}, {drained, terminating, 1}, {close_timeout, backoff, 1}, {retry_due, connecting, 1}].

%% Whole turns that are sent before waiting for the machine, so that its mailbox stays short.
-define(BATCH, 100).
-define(WARM_UP, 10000).

walk(_, _, 0) -> ok;
walk(Machine, Events, Turns) ->
    Now = min(Turns, ?BATCH),
    send(Machine, Events, Now),
    {connecting, _, _, _} = gen_statem:call(Machine, where),
    walk(Machine, Events, Turns - Now).

send(_, _, 0) -> ok;
send(Machine, Events, Turns) ->
    lists:foreach(fun(Event) -> gen_statem:cast(Machine, Event) end, Events),
    send(Machine, Events, Turns - 1).

check_one_turn(Machine) ->
    lists:foreach(
        fun({Event, State, Misses}) ->
            gen_statem:cast(Machine, Event),
            case gen_statem:call(Machine, where) of
                {State, _, Misses, _} -> ok;
                Astray -> fail(1, io_lib:format("went astray: ~p instead of ~p", [Astray, {State, Misses}]))
            end
        end, cycle()).

measure(Count) ->
    Steps = length(cycle()),
    Turns = (Count + Steps - 1) div Steps,
    Events = [Event || {Event, _, _} <- cycle()],
    {ok, Machine} = gen_statem:start_link(?MODULE, [], []),
    gen_statem:cast(Machine, start),
    check_one_turn(Machine),
    walk(Machine, Events, ?WARM_UP),
    Start = erlang:monotonic_time(),
    {Cpu, _} = erlang:statistics(runtime),
    walk(Machine, Events, Turns),
    {CpuAfter, _} = erlang:statistics(runtime),
    Wall = erlang:convert_time_unit(erlang:monotonic_time() - Start, native, nanosecond),
    Walked = 1 + ?WARM_UP + Turns,
    %% Each turn ends with an attempt more and a failure more.
    case gen_statem:call(Machine, where) of
        {connecting, Generation, 1, Walked} when Generation =:= Walked + 1 -> ok;
        Astray -> fail(1, io_lib:format("went astray: ~p", [Astray]))
    end,
    io:format(
        "{\"client\":\"gen_statem\",\"version\":\"~s\",\"mode\":\"transition\",\"transitions\":~b,"
        "\"wall_s\":~.6f,\"cpu_s\":~.6f,\"ns_per_transition\":~.2f}~n",
        [version(), Turns * Steps, Wall / 1.0e9, (CpuAfter - Cpu) / 1.0e3, (CpuAfter - Cpu) * 1.0e6 / (Turns * Steps)]).

version() -> "Erlang/OTP " ++ erlang:system_info(otp_release) ++ ", erts " ++ erlang:system_info(version).

fail(Status, Problem) ->
    io:format(standard_error, "gen_statem: ~s~n", [Problem]),
    halt(Status).

main() ->
    case init:get_plain_arguments() of
        ["--help"] ->
            io:put_chars(
                "usage: machines/run gen_statem --count N\n\n"
                "Walks the connection lifecycle as a gen_statem and tells what a transition costs.\n\n"
                "  --count N  transitions, rounded up to whole turns of 8\n"
                "  --version  the name and the version\n");
        ["--version"] -> io:format("gen_statem: ~s~n", [version()]);
        ["--count", Text] ->
            case string:to_integer(Text) of
                {Count, []} when is_integer(Count), Count > 0 -> measure(Count);
                _ -> fail(64, "--count must be at least 1; see --help")
            end;
        _ -> fail(64, "say --count N; see --help")
    end,
    halt(0).
