using System.Diagnostics;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Ledger;

/// <summary>
/// The ledger of one connection and of the keys that only it writes: what was acknowledged, what of it must survive,
/// and what was sent and has no answer. One connection's requests are carried out in their order, so after a crash
/// its keys must hold the state after some first part of them, and that part holds all that had to be durable.
/// </summary>
internal sealed class Lane(string prefix, Durability serverDefault)
{
    private readonly Dictionary<string, KeyState> _model = new(StringComparer.Ordinal);
    private readonly Queue<Operation> _inFlight = new();
    private readonly List<Operation> _unknown = [];
    private readonly List<AnsweredOperation> _undurable = [];

    /// <summary>What the names of its keys begin with.</summary>
    public string Prefix => prefix;

    public int InFlight => _inFlight.Count;

    public long Acknowledged { get; private set; }

    /// <summary>Of those, the ones that must survive anything.</summary>
    public long Durable { get; private set; }

    /// <summary>Refused, so that nothing happened.</summary>
    public long Refused { get; private set; }

    /// <summary>Answered with an error that leaves open what happened.</summary>
    public int Unknown => _unknown.Count;

    /// <summary>Answered and perhaps not on disk yet, in order.</summary>
    public IReadOnlyList<AnsweredOperation> Undurable => _undurable;

    /// <summary>Sent, in order, with what has no answer or an undecided one.</summary>
    public IReadOnlyList<Operation> Open => [.. _unknown, .. _inFlight];

    public IReadOnlyDictionary<string, KeyState> Model => _model;

    public KeyState State(string key) => _model.GetValueOrDefault(key, KeyState.Absent);

    /// <summary>The state that a key will have when all that was sent has happened.</summary>
    public KeyState Predicted(string key)
    {
        KeyState state = State(key);
        foreach (Operation operation in _inFlight)
        {
            if (operation.Keys(_model.Keys).Contains(key))
            {
                state = operation.Apply(key, state);
            }
        }

        return state;
    }

    /// <summary>The operation is about to be sent.</summary>
    public void Send(Operation operation)
    {
        long now = TimeWindow.Now;
        operation.Time = new TimeWindow(now, now);
        _inFlight.Enqueue(operation);
    }

    /// <summary>An answer came: it must be that of the oldest operation without one.</summary>
    public Finding? Answer(Frame frame)
    {
        Operation operation = _inFlight.Dequeue();
        operation.Time = operation.Time with { Until = TimeWindow.Now };
        if (frame.Correlation != operation.Correlation)
        {
            return new Finding(FindingKind.Answer, prefix, $"{operation}: the answer is for {frame.Correlation}");
        }

        ErrorCode error = frame.Kind == FrameKind.Error ? frame.Error : operation.ErrorWithin(frame.Body);
        if (error == ErrorCode.StorageFailed)
        {
            // The write may be in the log although its commit was not reported durable.
            _unknown.Add(operation);
            return null;
        }

        return frame.Kind == FrameKind.Error ? Refuse(operation, frame) : Accept(operation, frame);
    }

    /// <summary>
    /// The connection is gone. What the interval promise covers became durable: acknowledged before
    /// <paramref name="intervalBefore"/> (Unix ms).
    /// </summary>
    public void Crash(long intervalBefore)
    {
        long now = TimeWindow.Now;
        foreach (Operation operation in _inFlight)
        {
            operation.Time = operation.Time with { Until = now };
        }

        int last = _undurable.FindLastIndex(answered =>
            Effective(answered.Operation) == Durability.Interval && answered.Operation.Time.Until < intervalBefore);
        _undurable.RemoveRange(0, last + 1);
    }

    /// <summary>What was found after the crash is the truth from here on.</summary>
    public void Settle(IReadOnlyDictionary<string, KeyState> truth)
    {
        _inFlight.Clear();
        _unknown.Clear();
        _undurable.Clear();
        foreach ((string key, KeyState state) in truth)
        {
            _model[key] = state with { VersionSeen = Math.Max(state.VersionSeen, State(key).VersionSeen) };
        }
    }

    public IReadOnlyList<Step> StepsOf(Operation operation, IReadOnlyDictionary<string, KeyState> states)
    {
        List<Step> steps = [];
        foreach (string key in operation.Keys(states.Where(pair => pair.Value.Exists).Select(pair => pair.Key)))
        {
            KeyState before = states.GetValueOrDefault(key, KeyState.Absent);
            steps.Add(new Step(key, before, operation.Apply(key, before)));
        }

        return steps;
    }

    private Finding? Refuse(Operation operation, Frame frame)
    {
        Refused++;
        return ErrorBody.TryRead(frame.Body, out ErrorBody error) && error.Retryable
            ? null
            : new Finding(FindingKind.Answer, prefix, $"{operation}: {frame.ErrorText}");
    }

    private Finding? Accept(Operation operation, Frame frame)
    {
        if (_unknown.Count > 0)
        {
            // Less than fsync may still be answered in the batch in which the log failed: it promises less.
            _unknown.Add(operation);
            return Effective(operation) == Durability.Fsync && !operation.DidNothing(frame.Body)
                ? new Finding(FindingKind.Service, prefix, $"{operation} was acknowledged after the log had failed")
                : null;
        }

        IReadOnlyList<Step> steps = StepsOf(operation, _model);
        string? wrong = operation.Check(frame.Body, steps);
        foreach (Step step in steps)
        {
            _model[step.Key] = step.After;
        }

        Acknowledged++;
        _undurable.Add(new AnsweredOperation(operation, steps));
        if (Effective(operation) == Durability.Fsync)
        {
            // One log: what this connection did before lies before it.
            Durable += _undurable.Count;
            _undurable.Clear();
        }

        return wrong is null ? null : new Finding(FindingKind.Answer, prefix, $"{operation}: {wrong}");
    }

    private Durability Effective(Operation operation) => operation.Durability switch
    {
        Durability.ServerDefault => serverDefault,
        Durability.Memory or Durability.Interval or Durability.Fsync => operation.Durability,
        _ => throw new UnreachableException(),
    };
}

/// <summary>An operation that was acknowledged, with what it did.</summary>
internal sealed record AnsweredOperation(Operation Operation, IReadOnlyList<Step> Steps);
