using System.Diagnostics;
using RabbitMQ.Client;

namespace Nexo.Bench.Compare.Queues;

/// <summary>RabbitMQ, by its own client: a durable queue, persistent messages, confirms, and acknowledgements of many at once.</summary>
/// <param name="type"><c>classic</c> or <c>quorum</c>.</param>
internal sealed class RabbitMqContender(
    string name, string type, Func<int, string, IReadOnlyList<string>> commandLine)
    : PeerQueueContender(name, Durability.Fsync, commandLine)
{
    /// <summary>What it prints at the end of its start.</summary>
    public override string? ReadyText => " completed with ";

    protected override async Task DeclareAsync(int port, string queue, QueueWork work, CancellationToken cancel)
    {
        await using IConnection connection = await ConnectAsync(port, cancel);
        await using IChannel channel = await connection.CreateChannelAsync(cancellationToken: cancel);
        await channel.QueueDeclareAsync(
            queue,
            durable: true,
            exclusive: false,
            autoDelete: false,
            new Dictionary<string, object?> { ["x-queue-type"] = type },
            cancellationToken: cancel);
    }

    protected override async Task<long> PublishAsync(
        int port, string queue, QueueWork work, long until, CancellationToken cancel)
    {
        await using IConnection connection = await ConnectAsync(port, cancel);

        // Confirms are followed here: the client's own way of doing it costs a task for each message.
        await using IChannel channel = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false), cancel);
        using var window = new ConfirmWindow(work.Window);
        channel.BasicAcksAsync += (_, confirm) => window.ConfirmedAsync(confirm.DeliveryTag, confirm.Multiple);
        var properties = new BasicProperties { Persistent = true };
        byte[] body = LatencyRecorder.NewBody(work.BodyBytes);
        while (Stopwatch.GetTimestamp() < until)
        {
            await window.EnterAsync(cancel);
            LatencyRecorder.Stamp(body);
            await channel.BasicPublishAsync("", queue, mandatory: false, properties, body, cancel);
        }

        return await window.WaitForAllAsync(cancel);
    }

    protected override async Task ConsumeAsync(
        int port, string queue, QueueWork work, ConsumerRun run, CancellationToken cancel)
    {
        await using IConnection connection = await ConnectAsync(port, cancel);
        await using IChannel channel = await connection.CreateChannelAsync(cancellationToken: cancel);
        await channel.BasicQosAsync(0, (ushort)work.Prefetch, global: false, cancel);
        var consumer = new RabbitMqConsumer(channel, new LatencyRecorder(run.MeasuredUntil));
        await channel.BasicConsumeAsync(queue, autoAck: false, consumer, cancel);
        await consumer.AcknowledgeAsync(run, cancel);
        run.AddLatency(consumer.Recorder.Latency);
    }

    protected override async Task<long> DepthAsync(int port, string queue, CancellationToken cancel)
    {
        // Messages that were delivered and not acknowledged are here too: their consumers have gone.
        await using IConnection connection = await ConnectAsync(port, cancel);
        await using IChannel channel = await connection.CreateChannelAsync(cancellationToken: cancel);
        return await channel.MessageCountAsync(queue, cancel);
    }

    private static Task<IConnection> ConnectAsync(int port, CancellationToken cancel) =>
        new ConnectionFactory { HostName = "127.0.0.1", Port = port, AutomaticRecoveryEnabled = false }
            .CreateConnectionAsync(cancel);
}
