using Nexo.Crash.Ledger;

namespace Nexo.Crash.Resp;

/// <summary>
/// The ledger of one connection, whose keys only it writes: what they are after all that was answered, and what was sent
/// behind it. Not for several threads at once.
/// </summary>
internal sealed class RespLane(int number, Random random)
{
    private readonly Queue<RespStep> _sent = new();
    private readonly List<Finding> _findings = [];
    private RespModel _answered = new();

    public RespSteps Steps { get; } = new($"lane{number}:", random);

    public long Acknowledged { get; private set; }

    public long Compared { get; private set; }

    public int InFlight => _sent.Count;

    /// <summary>The oldest step that has no answer yet.</summary>
    public RespStep Next => _sent.Peek();

    public void Send(RespStep step) => _sent.Enqueue(step);

    /// <summary>Takes the answers to the oldest step: they must be those that the ones before it lead to.</summary>
    public void Answer(IReadOnlyList<RespReply> answers)
    {
        RespStep step = _sent.Dequeue();
        RespReply[] expected = [.. step.Commands.Select(_answered.Apply)];
        string text = step.IsTransaction
            ? string.Join(' ', [RespReply.Ok, .. expected.Select(_ => new RespReply('+', "QUEUED", [])), RespReply.Array(expected)])
            : $"{expected[0]}";
        string found = string.Join(' ', answers);
        if (found != text)
        {
            Report(FindingKind.Answer, $"{step}: {Short(found)} instead of {Short(text)}");
        }

        Acknowledged++;
    }

    /// <summary>
    /// After a crash: what is there must be what the answered steps have left, or these and some first ones of those behind.
    /// </summary>
    public void Audit(RespModel found)
    {
        Compared += Steps.Keys.Count;
        RespModel state = _answered.Copy();
        string? difference = found.DifferenceTo(state);
        bool isTorn = false;
        while (difference is not null && !isTorn && _sent.TryDequeue(out RespStep? step))
        {
            foreach (IReadOnlyList<string> command in step.Commands)
            {
                // Between two commands of a transaction nothing must be found.
                isTorn |= found.DifferenceTo(state) is null;
                state.Apply(command);
            }

            isTorn &= found.DifferenceTo(state) is not null;
            if (found.DifferenceTo(state) is null)
            {
                difference = null;
            }
        }

        if (isTorn)
        {
            Report(FindingKind.Torn, "a part of a transaction is there");
        }
        else if (difference is not null)
        {
            Report(FindingKind.Lost, $"after what was answered {difference}; nor is it what the steps behind would make of it");
        }

        _answered = found;
        _sent.Clear();
    }

    public IReadOnlyList<Finding> TakeFindings()
    {
        List<Finding> all = [.. _findings];
        _findings.Clear();
        return all;
    }

    private void Report(FindingKind kind, string text) => _findings.Add(new Finding(kind, $"lane{number}", text));

    private static string Short(string text) => text.Length <= 300 ? text : $"{text[..150]} … {text[^150..]}";
}
