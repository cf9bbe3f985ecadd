using Nexo.Client;
using Nexo.Crash.Resp;
using Nexo.Siege.Floods;
using Nexo.Siege.Server;

namespace Nexo.Siege.Soak;

/// <summary>A bit of everything, each in a loop with pauses.</summary>
internal sealed class SoakWork(Besieged server, CancellationToken stop)
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(10);

    private long _done;
    private long _failures;

    public long Done => Interlocked.Read(ref _done);

    public long Failures => Interlocked.Read(ref _failures);

    public string? FirstFailure { get; private set; }

    public async Task RunAsync()
    {
        await using NexoClient client = await server.ConnectAsync(CancellationToken.None);
        NexoQueue<ReadOnlyMemory<byte>> queue = client.Queue("soak");
        await queue.DeclareAsync();
        NexoStream<ReadOnlyMemory<byte>> stream = client.Stream("soak");
        await stream.CreateAsync(new StreamOptions { Bytes = 32L << 20 });
        var random = new Random(1);
        byte[] body = new byte[512];
        await Task.WhenAll(
            RepeatAsync(100, async number =>
            {
                string key = $"soak:{number % 50_000}";
                await client.Store.SetBytesAsync(key, body.AsMemory(0, number % 512), new StoreSetOptions { Ttl = TimeSpan.FromSeconds(30) });
                await client.Store.GetBytesAsync($"soak:{number * 7L % 50_000}");
            }),
            RepeatAsync(50, async _ => await queue.PushAsync(body)),
            WhileItGoesAsync(async () =>
            {
                await foreach (QueueDelivery<ReadOnlyMemory<byte>> delivery in queue.ConsumeAsync(cancellationToken: stop))
                {
                    await delivery.AckAsync(CancellationToken.None);
                    Interlocked.Increment(ref _done);
                }
            }),
            RepeatAsync(50, async number => await client.Topics.PublishAsync($"soak/{number % 5_000}", (ReadOnlyMemory<byte>)body)),
            WhileItGoesAsync(async () =>
            {
                await foreach (TopicMessage<ReadOnlyMemory<byte>> _ in client.Topics.SubscribeAsync("soak/#", cancellationToken: stop))
                {
                    Interlocked.Increment(ref _done);
                }
            }),
            RepeatAsync(50, async _ => await stream.AppendAsync(body)),
            RepeatAsync(1, async number => await ComeAndGoAsync(number)));
    }

    public override string ToString() => $"{Done:N0} done, {Failures:N0} failed";

    // Clients of the gateways and of the native port come and go.
    private async Task ComeAndGoAsync(int number)
    {
        await using NexoClient guest = await server.ConnectAsync(CancellationToken.None);
        await guest.PingAsync();
        using RespWire redis = await RespWire.OpenAsync(server.Process.RespPort, CancellationToken.None);
        redis.Write("AUTH", Besieged.User, Besieged.Password);
        redis.Write("LPUSH", $"soak-list-{number % 100}", "element");
        redis.Write("LTRIM", $"soak-list-{number % 100}", "0", "20");
        await redis.FlushAsync(CancellationToken.None);
        using System.Net.Sockets.Socket rude = await Besieged.OpenAsync(server.Process.Port, number, CancellationToken.None);
        await rude.SendAsync(HostileBytes.HalfHello);
    }

    private Task RepeatAsync(int atOnce, Func<int, Task> once) => WhileItGoesAsync(async () =>
    {
        for (int number = 0; !stop.IsCancellationRequested; number++)
        {
            await once(number);
            Interlocked.Increment(ref _done);
            if (number % atOnce == 0)
            {
                await Task.Delay(Between, stop);
            }
        }
    });

    private async Task WhileItGoesAsync(Func<Task> work)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await work();
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure) when (failure is NexoException or IOException or TimeoutException or System.Net.Sockets.SocketException)
            {
                FirstFailure ??= failure.ToString();
                Interlocked.Increment(ref _failures);
                await Task.Delay(Between);
            }
        }
    }
}
