using Nexo.Crash.Ledger;
using Nexo.Crash.Scenarios;
using Nexo.Crash.Server;
using Nexo.Crash.Wire;

namespace Nexo.Crash.Mqtt;

/// <summary>Publishers and subscribers of MQTT with sessions that last, with their ledger.</summary>
internal sealed class MqttProof : Proof
{
    private readonly List<MqttLane> _lanes = [];
    private readonly List<MqttLoad> _loads = [];
    private int _port;

    public MqttProof(Random random, int lanes)
    {
        for (int i = 0; i < lanes; i++)
        {
            var lane = new MqttLane(i);
            _lanes.Add(lane);
            _loads.Add(new MqttLoad(lane, random));
        }
    }

    public override long Acknowledged => Durable;

    public override long Durable => _lanes.Sum(lane => lane.Confirmed);

    public override long Verified => _lanes.Sum(lane => lane.Compared);

    public override long Unknown => 0;

    public override IEnumerable<KeyValuePair<string, long>> Facts =>
        [new("messages that came again", _lanes.Sum(lane => lane.Again))];

    public override void OnStarted(ServerProcess server) => _port = server.MqttPort;

    public override Task<IReadOnlyList<Finding>> PrepareAsync(int port, CancellationToken cancel) => VerifyAsync(port, cancel);

    public override Task RunAsync(int port, CancellationToken stop, CancellationToken cancel) =>
        Task.WhenAll(_loads.Select(load => load.RunAsync(_port, stop, cancel)));

    public override IReadOnlyList<Finding> TakeFindings() => [.. _lanes.SelectMany(lane => lane.TakeFindings())];

    public override void Crash()
    {
    }

    /// <summary>After the log has failed: what is wrong if a message for a session is acknowledged; null: it is not.</summary>
    public async Task<string?> FindAcknowledgedAsync(CancellationToken cancel)
    {
        if (_lanes.Find(lane => lane.HasSubscribed) is not { } lane)
        {
            return null;
        }

        try
        {
            using MqttWire wire = await MqttWire.OpenAsync(_port, "late", cancel, isClean: true);
            await wire.PublishAsync(lane.Topic, [], quality: 1, id: 1, isAgain: false, cancel);
            MqttPacket answer = await wire.ReadAsync(cancel);
            return $"a message for a session after the failure was answered with packet {answer.Type}";
        }
        catch (WireEndedException)
        {
            // MQTT 3.1.1 has no other word for it.
            return null;
        }
    }

    public override async Task<IReadOnlyList<Finding>> VerifyAsync(int port, CancellationToken cancel)
    {
        await Task.WhenAll(_loads.Select(load => load.VerifyAsync(_port, cancel)));
        return TakeFindings();
    }
}
