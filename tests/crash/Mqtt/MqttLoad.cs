using System.Buffers.Binary;
using Nexo.Crash.Ledger;
using Nexo.Crash.Wire;

namespace Nexo.Crash.Mqtt;

/// <summary>The publisher and the subscriber of a lane, as long as there is a server; what they remember is in the lane.</summary>
internal sealed class MqttLoad(MqttLane lane, Random random)
{
    private const int InFlightMax = 10;

    // Then the subscriber goes, and comes back after a while, or the publisher does.
    private const int MessagesPerConnection = 150;
    private const int AwayMsMax = 40;

    private readonly Random _publishing = new(random.Next());
    private readonly Random _taking = new(random.Next());

    public Task RunAsync(int port, CancellationToken stop, CancellationToken cancel) => Task.WhenAll(
        Task.Run(() => UntilGoneAsync(() => PublishAsync(port, stop, cancel), stop), cancel),
        Task.Run(() => UntilGoneAsync(() => TakeAsync(port, stop, cancel), stop), cancel));

    /// <summary>All that was in doubt is sent again, all that is confirmed must come; then it is compared.</summary>
    public async Task VerifyAsync(int port, CancellationToken cancel)
    {
        using MqttWire subscriber = await SubscribeAsync(port, cancel);
        using MqttWire publisher = await OpenPublisherAsync(port, cancel);
        while (lane.Outgoing.Count > 0)
        {
            await HearAsync(publisher, cancel);
        }

        // What comes behind everything else tells that everything else has come.
        SentMessage last = lane.Next(quality: 2);
        await publisher.PublishAsync(lane.Topic, MqttLane.BodyOf(last.Number), last.Quality, last.Id, isAgain: false, cancel);
        while (lane.Outgoing.Count > 0)
        {
            await HearAsync(publisher, cancel);
        }

        bool isLast = false;
        while (!isLast || lane.HoldsIds)
        {
            isLast |= await TakeOneAsync(subscriber, lossless: true, cancel) == last.Number;
        }

        lane.Compare();
    }

    private static async Task UntilGoneAsync(Func<Task> connect, CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                await connect();
            }
        }
        catch (WireEndedException)
        {
            // The server is gone.
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    private async Task PublishAsync(int port, CancellationToken stop, CancellationToken cancel)
    {
        while (!lane.HasSubscribed)
        {
            // Who has no session yet is promised nothing.
            await Task.Delay(1, stop);
        }

        using MqttWire wire = await OpenPublisherAsync(port, cancel);
        for (int i = 0; i < MessagesPerConnection && !stop.IsCancellationRequested;)
        {
            while (lane.Outgoing.Count < InFlightMax && i++ < MessagesPerConnection)
            {
                SentMessage next = lane.Next(quality: 1 + _publishing.Next(2));
                await wire.PublishAsync(lane.Topic, MqttLane.BodyOf(next.Number), next.Quality, next.Id, isAgain: false, cancel);
            }

            await HearAsync(wire, cancel);
        }
    }

    private async Task<MqttWire> OpenPublisherAsync(int port, CancellationToken cancel)
    {
        MqttWire wire = await MqttWire.OpenAsync(port, lane.Publisher, cancel);
        if (!wire.WasPresent && lane.HasPublished)
        {
            lane.Report(FindingKind.Lost, $"the session of {lane.Publisher} is not there");
        }

        lane.HasPublished = true;
        foreach (SentMessage sent in lane.Outgoing.ToArray())
        {
            if (sent.IsReleasing)
            {
                await wire.SendAsync(MqttPacket.Pubrel, sent.Id, cancel);
            }
            else
            {
                await wire.PublishAsync(lane.Topic, MqttLane.BodyOf(sent.Number), sent.Quality, sent.Id, isAgain: true, cancel);
            }
        }

        return wire;
    }

    private async Task HearAsync(MqttWire wire, CancellationToken cancel)
    {
        MqttPacket answer = await wire.ReadAsync(cancel);
        SentMessage? sent = lane.Outgoing.Find(sent => sent.Id == answer.Id);
        bool fits = sent is not null && answer.Type switch
        {
            MqttPacket.Puback => sent.Quality == 1,
            MqttPacket.Pubrec => sent.Quality == 2,
            MqttPacket.Pubcomp => sent.IsReleasing,
            _ => false,
        };
        if (!fits)
        {
            lane.Report(FindingKind.Answer, $"packet {answer.Type} with id {answer.Id} answers nothing");
        }
        else if (answer.Type == MqttPacket.Pubrec)
        {
            sent!.IsReleasing = true;
            await wire.SendAsync(MqttPacket.Pubrel, sent.Id, cancel);
        }
        else
        {
            lane.Confirm(sent!);
        }
    }

    private async Task TakeAsync(int port, CancellationToken stop, CancellationToken cancel)
    {
        using (MqttWire wire = await SubscribeAsync(port, cancel))
        {
            for (int i = 0; i < MessagesPerConnection && !stop.IsCancellationRequested; i++)
            {
                await TakeOneAsync(wire, lossless: false, cancel);
            }
        }

        // What comes meanwhile waits.
        await Task.Delay(_taking.Next(AwayMsMax), cancel);
    }

    private async Task<MqttWire> SubscribeAsync(int port, CancellationToken cancel)
    {
        MqttWire wire = await MqttWire.OpenAsync(port, lane.Subscriber, cancel);
        if (lane.HasSubscribed && wire.WasPresent)
        {
            return wire;
        }

        if (lane.HasSubscribed)
        {
            lane.Report(FindingKind.Lost, $"the session of {lane.Subscriber} is not there");
        }

        // Without one there, what the client remembers of it means nothing any more.
        lane.ForgetAll();

        await wire.SubscribeAsync(lane.Topic, quality: 2, cancel);
        while ((await wire.ReadAsync(cancel)).Type != MqttPacket.Suback)
        {
            // Of a session that was there before the answer came.
        }

        lane.HasSubscribed = true;
        return wire;
    }

    /// <summary>The number of a message that came; 0: it was something else.</summary>
    private async Task<ulong> TakeOneAsync(MqttWire wire, bool lossless, CancellationToken cancel)
    {
        MqttPacket packet = await wire.ReadAsync(cancel);
        if (packet.Type == MqttPacket.Pubrel)
        {
            lane.Forget(packet.Id);
            await wire.SendAsync(MqttPacket.Pubcomp, packet.Id, cancel);
            return 0;
        }

        if (packet.Type != MqttPacket.Publish)
        {
            lane.Report(FindingKind.Answer, $"packet {packet.Type} came to a subscriber");
            return 0;
        }

        int quality = (packet.Flags >> 1) & 3;
        int behindTopic = 2 + BinaryPrimitives.ReadUInt16BigEndian(packet.Body);
        ushort id = BinaryPrimitives.ReadUInt16BigEndian(packet.Body.AsSpan(behindTopic));
        ulong message = lane.Take(packet.Body.AsSpan(behindTopic + 2), quality, id);

        // Sometimes it is gone before it has said so.
        if (lossless || _taking.Next(100) > 0)
        {
            await wire.SendAsync(quality == 2 ? MqttPacket.Pubrec : MqttPacket.Puback, id, cancel);
        }

        return message;
    }
}
