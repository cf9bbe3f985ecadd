using System.Net.Sockets;
using System.Text;
using Nexo.Client;
using Nexo.Siege.Server;

namespace Nexo.Siege.Floods;

/// <summary>Clients that ask and do not read, or guess.</summary>
internal static class ClientFloods
{
    private const int ValueBytes = 256 * 1_024;
    private static readonly TimeSpan GuessFor = TimeSpan.FromMilliseconds(20);

    /// <summary>Asks without having said who it is, and reads no answer: on the Redis and the HTTP port.</summary>
    public static Task NeverReadsBeforeLoginAsync(FloodField field)
    {
        byte[] ping = Repeat(HostileBytes.Resp("PING"), 500);
        byte[] get = Repeat(Encoding.ASCII.GetBytes("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"), 200);
        return field.RepeatAsync(field.Of(100), async place =>
        {
            bool isHttp = place % 2 == 0;
            using Socket socket = await Besieged.OpenAsync(field.Server.Ports[isHttp ? 3 : 1], place, field.Stop);
            await SendUntilCutAsync(field, socket, isHttp ? get : ping);
        });
    }

    /// <summary>Asks for values of 256 KiB, thousands at a time, and reads none of them.</summary>
    public static async Task NeverReadsAfterLoginAsync(FloodField field)
    {
        await using NexoClient client = await field.Server.ConnectAsync(field.Stop);
        await client.Store.SetBytesAsync("large", new byte[ValueBytes], cancellationToken: field.Stop);
        byte[] gets = Repeat(HostileBytes.Resp("GET", "large"), 1_000);
        await field.RepeatAsync(field.Of(20), async place =>
        {
            using Socket socket = await Besieged.OpenAsync(field.Server.Ports[1], place, field.Stop);
            socket.ReceiveBufferSize = 4_096;
            await socket.SendAsync(HostileBytes.Resp("AUTH", Besieged.User, Besieged.Password), field.Stop);
            await SendUntilCutAsync(field, socket, gets);
        });
    }

    /// <summary>Subscribes to what is published by the megabyte, and reads none of it.</summary>
    public static async Task NeverReadsTopicsAsync(FloodField field)
    {
        await using NexoClient publisher = await field.Server.ConnectAsync(field.Stop);
        Task publishing = field.RepeatAsync(1, async _ =>
        {
            await publisher.Topics.PublishAsync("flood", new byte[64 * 1_024], cancellationToken: field.Stop);
            field.Count();
        });
        await field.RepeatAsync(field.Of(50), async place =>
        {
            using Socket socket = await Besieged.OpenAsync(field.Server.Ports[1], place, field.Stop);
            socket.ReceiveBufferSize = 4_096;
            await socket.SendAsync(HostileBytes.Resp("AUTH", Besieged.User, Besieged.Password), field.Stop);
            await socket.SendAsync(HostileBytes.Resp("SUBSCRIBE", "flood"), field.Stop);

            // It is found out by what is sent after it was cut.
            while (true)
            {
                await Task.Delay(1_000, field.Stop);
                await socket.SendAsync("\r\n"u8.ToArray(), field.Stop);
            }
        });
        await publishing;
    }

    /// <summary>
    /// Guesses passwords, 10,000 a second, from 62,500 addresses. A guess that is not answered within a moment is given up for the next,
    /// so the server is offered as many however slowly it answers.
    /// </summary>
    public static Task GuessingAsync(FloodField field)
    {
        int from = 0;
        return field.RepeatAsync(field.Of(200), async place =>
        {
            using Socket socket = await Besieged.OpenAsync(
                field.Server.Ports[1], Interlocked.Increment(ref from), field.Stop);
            string user = place % 2 == 0 ? Besieged.User : "nobody";
            await socket.SendAsync(HostileBytes.Resp("AUTH", user, $"guess-{place}-{from}"), field.Stop);
            field.Count();
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(field.Stop);
            patience.CancelAfter(GuessFor);
            try
            {
                byte[] answer = new byte[256];
                int read = await socket.ReceiveAsync(answer, patience.Token);
                if (answer.AsSpan(0, read).StartsWith("+OK"u8))
                {
                    throw new InvalidOperationException("a guess was let in");
                }

                field.CountRefused();
            }
            catch (OperationCanceledException) when (!field.Stop.IsCancellationRequested)
            {
                // The next.
            }

            Besieged.Cut(socket);
        });
    }

    private static async Task SendUntilCutAsync(FloodField field, Socket socket, byte[] bytes)
    {
        while (true)
        {
            int sent = await socket.SendAsync(bytes, field.Stop);
            field.Count();
            if (sent < bytes.Length)
            {
                await socket.SendAsync(bytes.AsMemory(sent), field.Stop);
            }
        }
    }

    private static byte[] Repeat(byte[] bytes, int times) => [.. Enumerable.Repeat(bytes, times).SelectMany(part => part)];
}
