using System.Text;
using Nexo.Crash.Ledger;
using Nexo.Crash.Scenarios;
using Nexo.Crash.Streams.Groups;
using Nexo.Crash.Wire;
using Nexo.Protocol;

namespace Nexo.Crash.Streams;

/// <summary>What a load on streams asks for.</summary>
internal sealed record StreamLoadOptions
{
    public int Producers { get; init; } = 4;

    public int Readers { get; init; } = 3;

    /// <summary>Connections that are members of some groups each.</summary>
    public int Members { get; init; } = 4;

    /// <summary>The disk may fail under the server: then it refuses.</summary>
    public bool LogMayFail { get; init; }

    /// <summary>What all streams are created with instead of what the ledger expects: losses must be found.</summary>
    public Durability? LyingDurability { get; init; }
}

/// <summary>Producers and readers of streams of all kinds and members of their groups, with their ledgers.</summary>
internal sealed partial class StreamProof : Proof
{
    /// <summary>Streams with more records are trimmed to so many, so that a cycle does not take longer than the one before.</summary>
    private const ulong RecordsMax = 6_000;
    private const ulong RecordsKept = 500;

    private readonly IReadOnlyList<StreamPlan> _plans = StreamPlan.All;
    private readonly StreamLedger _ledger = new(StreamPlan.All);
    private readonly HashSet<StreamPlan> _created = [];
    private readonly List<StreamProducerLoad> _producers = [];
    private readonly List<StreamReaderLoad> _readers = [];
    private readonly StreamLoadOptions _options;

    public StreamProof(Random random, StreamLoadOptions options)
    {
        _options = options;
        _random = random;
        _groups = new GroupLedger(GroupPlan.All, _ledger);
        for (int i = 0; i < options.Producers; i++)
        {
            _producers.Add(new StreamProducerLoad(i, _ledger, _plans, options.LogMayFail, new Random(random.Next())));
        }

        for (int i = 0; i < options.Readers; i++)
        {
            _readers.Add(new StreamReaderLoad(_ledger, _plans, options.LogMayFail, new Random(random.Next())));
        }

        for (int i = 0; i < options.Members; i++)
        {
            _members.Add(Member(isGood: false, GroupPlan.All));
        }
    }

    public override long Acknowledged => _ledger.Acknowledged + _groups.Confirmed;

    public override long Durable => _ledger.Durable + _groups.Confirmed;

    public override long Verified => _ledger.Verified;

    public override long Unknown => _ledger.Unknown;

    public override IEnumerable<KeyValuePair<string, long>> Facts =>
        _ledger.Counts.Select(count => KeyValuePair.Create($"{count.Key} (streams)", count.Value)).Concat(_groups.Counts);

    public override Task<IReadOnlyList<Finding>> PrepareAsync(int port, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyList<Finding>>([]);

    public override async Task RunAsync(int port, CancellationToken stop, CancellationToken cancel)
    {
        if (await TryCreateAsync(port, cancel) && await TryCreateGroupsAsync(port, cancel))
        {
            await Task.WhenAll(
            [
                .. _producers.Select(load => Task.Run(() => load.RunAsync(port, stop, cancel), cancel)),
                .. _readers.Select(load => Task.Run(() => load.RunAsync(port, stop, cancel), cancel)),
                .. _members.Select(load => Task.Run(() => load.RunAsync(port, stop, cancel), cancel)),
                Task.Run(() => SeekAsync(port, stop, cancel), cancel),
                Task.Run(() => TrimAsync(port, cancel), cancel),
            ]);
        }
    }

    public override IReadOnlyList<Finding> TakeFindings() => [.. _ledger.TakeFindings(), .. _groups.TakeFindings()];

    public override void Crash() => _ledger.Crash();

    public override async Task<IReadOnlyList<Finding>> VerifyAsync(int port, CancellationToken cancel)
    {
        using WireConnection connection = await WireConnection.OpenAsync(port, cancel);
        List<Finding> findings = [];
        foreach (StreamPlan plan in _plans)
        {
            findings.AddRange(_ledger.Verify(plan, await StreamContents.ReadAsync(connection, plan.Name, cancel)));
        }

        findings.AddRange(_groups.Verify(await GroupContents.ReadAsync(connection, GroupPlan.All, cancel)));
        return findings;
    }

    /// <summary>Before each load. False: the server is gone, or its log has failed.</summary>
    private async Task<bool> TryCreateAsync(int port, CancellationToken cancel)
    {
        try
        {
            using WireConnection connection = await WireConnection.OpenAsync(port, cancel);
            foreach (StreamPlan plan in _plans)
            {
                Frame answer = await connection.AskAsync(
                    Opcode.StreamCreate, Durability.ServerDefault, body => WriteDefinition(body, plan), cancel);
                if (answer.Error == ErrorCode.StorageFailed)
                {
                    _ledger.LogFailed();
                    return false;
                }

                if (answer.Kind != FrameKind.Reply || !StreamCreateReply.TryRead(answer.Body, out StreamCreateReply reply))
                {
                    _ledger.Wrong(FindingKind.Answer, plan.Name, $"it cannot be created: {answer.ErrorText}");
                    return false;
                }

                if (!_created.Add(plan) && reply.Created)
                {
                    _ledger.Wrong(FindingKind.Lost, plan.Name, "the stream itself was not there any more");
                }
            }

            return true;
        }
        catch (WireEndedException)
        {
            return false;
        }
    }

    private void WriteDefinition(FrameBuffer body, StreamPlan plan)
    {
        StreamCreateRequest.WriteStart(body, Encoding.UTF8.GetBytes(plan.Name));
        StreamOptionFields.Write(body, StreamOptionTag.Durability, (ulong)(_options.LyingDurability ?? plan.Durability));
        StreamOptionFields.Write(body, StreamOptionTag.Bytes, plan.KeepsBytes);
    }

    private async Task TrimAsync(int port, CancellationToken cancel)
    {
        try
        {
            using WireConnection connection = await WireConnection.OpenAsync(port, cancel);
            foreach (StreamPlan plan in _plans.Where(plan => plan.KeepsBytes == 0))
            {
                OffsetRange known = _ledger.RangeOf(plan);
                if (known.Next - known.First > RecordsMax)
                {
                    await TrimAsync(connection, plan, known.Next - RecordsKept, cancel);
                }
            }
        }
        catch (WireEndedException)
        {
            // It is trimmed, or it is not.
        }
    }

    private async Task TrimAsync(WireConnection connection, StreamPlan plan, ulong offset, CancellationToken cancel)
    {
        _ledger.Trimming(plan, offset);
        Frame answer = await connection.AskAsync(
            Opcode.StreamTrim,
            Durability.ServerDefault,
            body => new StreamTrimRequest { By = TrimBy.Offset, Value = offset, Name = Encoding.UTF8.GetBytes(plan.Name) }.Write(body),
            cancel);
        if (answer.Kind == FrameKind.Reply && StreamTrimReply.TryRead(answer.Body, out StreamTrimReply reply))
        {
            _ledger.Trimmed(plan, offset, reply.First);
        }
        else if (answer.Error == ErrorCode.StorageFailed)
        {
            _ledger.LogFailed();
        }
        else
        {
            _ledger.Wrong(FindingKind.Answer, plan.Name, $"a trim to {offset} was answered with {answer.ErrorText}");
        }
    }
}
