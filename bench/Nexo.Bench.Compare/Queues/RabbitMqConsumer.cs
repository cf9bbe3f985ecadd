using System.Threading.Channels;
using RabbitMQ.Client;

namespace Nexo.Bench.Compare.Queues;

/// <summary>Takes what is delivered on a channel, and acknowledges all that is there with one frame.</summary>
internal sealed class RabbitMqConsumer(IChannel channel, LatencyRecorder recorder) : AsyncDefaultBasicConsumer(channel)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(500);

    private readonly Channel<ulong> _delivered = System.Threading.Channels.Channel.CreateUnbounded<ulong>(
        new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });

    public LatencyRecorder Recorder { get; } = recorder;

    public override Task HandleBasicDeliverAsync(
        string consumerTag,
        ulong deliveryTag,
        bool redelivered,
        string exchange,
        string routingKey,
        IReadOnlyBasicProperties properties,
        ReadOnlyMemory<byte> body,
        CancellationToken cancellationToken = default)
    {
        Recorder.Received(body.Span);
        _delivered.Writer.TryWrite(deliveryTag);
        return Task.CompletedTask;
    }

    /// <summary>Acknowledges until the run is done.</summary>
    public async Task AcknowledgeAsync(ConsumerRun run, CancellationToken cancel)
    {
        Task<bool> more = WaitAsync(cancel);
        while (!run.Done)
        {
            if (!more.IsCompleted)
            {
                await Task.WhenAny(more, Task.Delay(LookEvery, cancel));
                cancel.ThrowIfCancellationRequested();
                continue;
            }

            int count = 0;
            ulong last = 0;
            while (_delivered.Reader.TryRead(out ulong tag))
            {
                last = tag;
                count++;
            }

            await Channel.BasicAckAsync(last, multiple: true, cancel);
            run.AddAcked(count);
            more = WaitAsync(cancel);
        }
    }

    private Task<bool> WaitAsync(CancellationToken cancel) => _delivered.Reader.WaitToReadAsync(cancel).AsTask();
}
