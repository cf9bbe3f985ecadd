using Nexo.Crash.Ledger;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Tests.Ledger;

/// <summary>One lane, and a server that is written down: the version of a value is its number.</summary>
internal sealed class BookOfOne
{
    private const int ValueBytes = 40;

    private readonly Lane _lane = new("L0/", Durability.Fsync);

    public void Acknowledge(string key, ulong number, Durability durability, long ttlMs = 0)
    {
        _lane.Send(new SetOperation($"L0/{key}", Payload.Chunk(number, ValueBytes))
        {
            Durability = durability,
            TtlMs = ttlMs,
        });
        Assert.Null(Answer(
            Opcode.StoreSet, body => SetReply.WriteFixed(body, stored: true, previousFound: false, number)));
    }

    public void AcknowledgeDelete(string key)
    {
        _lane.Send(new DeleteOperation($"L0/{key}"));
        Assert.Null(Answer(Opcode.StoreDelete, body => new DeleteReply(DeleteOutcome.Deleted, 1).Write(body)));
    }

    public Finding? AnswerAppend(string key, long claimedLength)
    {
        _lane.Send(new AppendOperation($"L0/{key}", Payload.Chunk(7, ValueBytes)));
        return Answer(Opcode.StoreAppend, body => new NumberReply(claimedLength, 100).Write(body));
    }

    public void Send(string key, ulong number) =>
        _lane.Send(new SetOperation($"L0/{key}", Payload.Chunk(number, ValueBytes)));

    public static Observation See(ulong number, ulong version)
    {
        long now = TimeWindow.Now;
        return new Observation
        {
            Value = Payload.Chunk(number, ValueBytes),
            Version = version,
            Time = new TimeWindow(now, now),
        };
    }

    /// <summary>The kinds of the findings, when this is what is there after a crash.</summary>
    public IEnumerable<FindingKind> FindingsFor(params (string Key, ulong Number)[] there) =>
        FindingsFor(there.ToDictionary(pair => $"L0/{pair.Key}", pair => See(pair.Number, pair.Number)));

    public IEnumerable<FindingKind> FindingsFor(Dictionary<string, Observation> there)
    {
        long now = TimeWindow.Now;
        _lane.Crash(intervalBefore: 0);
        return [.. Audit.Run(_lane, new Observed(there, new TimeWindow(now, now))).Select(finding => finding.Kind)];
    }

    private Finding? Answer(Opcode opcode, Action<FrameBuffer> write)
    {
        using var body = new FrameBuffer();
        body.Begin(opcode, FrameKind.Reply, 0);
        write(body);
        body.End();
        return _lane.Answer(new Frame(opcode, FrameKind.Reply, 0, body.Written[FrameHeader.Size..].ToArray()));
    }
}
