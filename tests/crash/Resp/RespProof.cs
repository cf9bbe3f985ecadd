using Nexo.Crash.Ledger;
using Nexo.Crash.Scenarios;
using Nexo.Crash.Server;
using Nexo.Crash.Wire;

namespace Nexo.Crash.Resp;

/// <summary>Clients of Redis that write all kinds of entries, and those that wait for them, with their ledgers.</summary>
internal sealed class RespProof : Proof
{
    private readonly List<(RespLane Lane, RespLaneLoad Load)> _lanes = [];
    private readonly List<(RespRelay Relay, RespRelayLoad Load)> _relays = [];
    private readonly List<Finding> _findings = [];
    private readonly RespBallast _ballast;
    private readonly Random _random;
    private int _port;

    public RespProof(Random random, int lanes, int ballastItems)
    {
        _random = new Random(random.Next());
        _ballast = new RespBallast(ballastItems);
        for (int i = 0; i < lanes; i++)
        {
            var lane = new RespLane(i, new Random(random.Next()));
            _lanes.Add((lane, new RespLaneLoad(lane, new Random(random.Next()))));
            var relay = new RespRelay(i, isSorted: i % 3 == 2);
            _relays.Add((relay, new RespRelayLoad(relay, random)));
        }
    }

    public override long Acknowledged => Durable;

    public override long Durable => _lanes.Sum(lane => lane.Lane.Acknowledged) + _relays.Sum(relay => relay.Relay.Acknowledged);

    public override long Verified => _lanes.Sum(lane => lane.Lane.Compared) + _relays.Sum(relay => relay.Relay.Compared);

    public override long Unknown => 0;

    public override void OnStarted(ServerProcess server) => _port = server.RespPort;

    public override async Task<IReadOnlyList<Finding>> PrepareAsync(int port, CancellationToken cancel)
    {
        using RespWire wire = await RespWire.OpenAsync(_port, cancel);
        await _ballast.WriteAsync(wire, cancel);
        return await VerifyAsync(port, cancel);
    }

    public override Task RunAsync(int port, CancellationToken stop, CancellationToken cancel) => Task.WhenAll([
        .. _lanes.Select(lane => UntilGoneAsync(() => lane.Load.RunAsync(_port, stop, cancel), cancel)),
        .. _relays.Select(relay => UntilGoneAsync(() => relay.Load.RunAsync(_port, stop, cancel), cancel)),
    ]);

    public override IReadOnlyList<Finding> TakeFindings()
    {
        List<Finding> all =
        [
            .. _findings,
            .. _lanes.SelectMany(lane => lane.Lane.TakeFindings()),
            .. _relays.SelectMany(relay => relay.Relay.TakeFindings()),
        ];
        _findings.Clear();
        return all;
    }

    public override void Crash()
    {
    }

    public override async Task<IReadOnlyList<Finding>> VerifyAsync(int port, CancellationToken cancel)
    {
        using RespWire wire = await RespWire.OpenAsync(_port, cancel);
        _findings.AddRange(await _ballast.AuditAsync(wire, _random, cancel));
        long keys = _ballast.Keys;
        foreach ((RespLane lane, _) in _lanes)
        {
            RespModel found = await RespLaneLoad.ReadAsync(lane, wire, cancel);
            keys += found.Entries.Count;
            lane.Audit(found);
        }

        foreach ((_, RespRelayLoad load) in _relays)
        {
            keys += await load.CountKeysAsync(wire, cancel);
            await load.AuditAsync(wire, cancel);
        }

        long all = RespRelay.Number((await wire.AskAsync(cancel, "DBSIZE")).Text);
        if (all != keys)
        {
            _findings.Add(new Finding(FindingKind.Invented, "DBSIZE", $"there are {all} keys, of which {keys} are somebody's"));
        }

        return TakeFindings();
    }

    private static Task UntilGoneAsync(Func<Task> run, CancellationToken cancel) => Task.Run(
        async () =>
        {
            try
            {
                await run();
            }
            catch (WireEndedException)
            {
                // The server is gone.
            }
        },
        cancel);
}
