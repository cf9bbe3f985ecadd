using System.Net.Sockets;
using Nexo.Client;
using Nexo.Protocol;
using Nexo.Siege.Server;

namespace Nexo.Siege.Memory;

/// <summary>Far more than a server can keep, offered to one of its brokers by several clients at once.</summary>
internal sealed class Offers(Besieged server, long bytes, CancellationToken cancel)
{
    private const int BodyBytes = 63 * 1_024;
    /// <summary>Queues, and streams, that it uses: offer-0 and so on.</summary>
    public const int Names = 4;

    private const int Clients = 4;
    private const int AtOnce = 8;

    private readonly byte[] _body = new byte[BodyBytes];
    private long _taken;
    private long _refused;
    private string? _unexpected;

    public long Taken => Interlocked.Read(ref _taken);

    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>An answer that is no refusal for want of room; null: there was none.</summary>
    public string? Unexpected => Volatile.Read(ref _unexpected);

    public Task SetAsync() => OfferAsync((client, number) =>
        client.Store.SetBytesAsync($"offer/{number}", _body, cancellationToken: cancel).AsTask());

    public Task PushAsync() => OfferAsync((client, number) =>
        client.Queue<byte[]>($"offer-{number % Names}").PushAsync(_body, cancellationToken: cancel).AsTask());

    public Task RetainAsync() => OfferAsync((client, number) => client.Topics.PublishAsync(
        $"offer/{number}", _body, new TopicPublishOptions { Retain = true }, cancel).AsTask());

    /// <summary>To many who never read.</summary>
    public async Task PublishAsync()
    {
        const int Deaf = 50;
        List<NexoClient> subscribers = [];
        try
        {
            for (int i = 0; i < Deaf; i++)
            {
                NexoClient client = await server.ConnectAsync(cancel);
                subscribers.Add(client);
                _ = await client.Topics.OpenSubscriptionAsync<byte[]>("deaf/#", cancellationToken: cancel);
            }

            await OfferAsync((client, number) =>
                client.Topics.PublishAsync($"deaf/{number % 16}", _body, cancellationToken: cancel).AsTask());
        }
        catch (NexoException refused) when (refused.Code == ErrorCode.OutOfMemory)
        {
            Interlocked.Increment(ref _refused);
        }
        finally
        {
            foreach (NexoClient client in subscribers)
            {
                await client.DisposeAsync();
            }
        }
    }

    public async Task AppendAsync()
    {
        await using (NexoClient client = await server.ConnectAsync(cancel))
        {
            for (int i = 0; i < Names; i++)
            {
                await client.Stream<byte[]>($"offer-{i}").CreateAsync(cancellationToken: cancel);
            }
        }

        await OfferAsync((client, number) =>
            client.Stream<byte[]>($"offer-{number % Names}").AppendAsync(_body, cancellationToken: cancel).AsTask());
    }

    private Task OfferAsync(Func<NexoClient, long, Task> offer) => Task.WhenAll(
        Enumerable.Range(0, Clients).Select(client => Task.Run(() => OfferByOneAsync(client, offer), cancel)));

    private async Task OfferByOneAsync(int number, Func<NexoClient, long, Task> offer)
    {
        await using NexoClient client = await server.ConnectAsync(cancel);
        long each = bytes / BodyBytes / Clients;
        for (long at = 0; at < each && !server.Process.HasExited; at += AtOnce)
        {
            await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(i => OneAsync(client, ((at + i) * Clients) + number, offer)));
        }
    }

    private async Task OneAsync(NexoClient client, long number, Func<NexoClient, long, Task> offer)
    {
        try
        {
            await offer(client, number);
            Interlocked.Increment(ref _taken);
        }
        catch (NexoException refused) when (refused.Code is ErrorCode.OutOfMemory or ErrorCode.StorageFull or ErrorCode.RetainedFull)
        {
            Interlocked.Increment(ref _refused);
        }
        catch (Exception failure) when (failure is NexoException or SocketException or IOException or TimeoutException)
        {
            Interlocked.CompareExchange(ref _unexpected, failure.Message, null);
        }
    }
}
