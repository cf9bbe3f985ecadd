using System.Net.Sockets;
using Nexo.Siege.Server;

namespace Nexo.Siege.Floods;

/// <summary>Connections that come and do not go on.</summary>
internal static class ConnectionFloods
{
    private static readonly TimeSpan DripEvery = TimeSpan.FromMilliseconds(200);

    /// <summary>1,000 handshakes at a time that never end; one that is cut is begun anew.</summary>
    public static Task HalfOpenAsync(FloodField field) => HoldAsync(
        field, 1_000, place => field.Server.Ports[place % 3], _ => HostileBytes.HalfHello);

    /// <summary>2,000 connections that say nothing.</summary>
    public static Task SilentAsync(FloodField field) => HoldAsync(
        field, 2_000, place => field.Server.Ports[place % 4], _ => []);

    /// <summary>1,000 clients that take their time with headers, a CONNECT, a HELLO: a byte now and then.</summary>
    public static Task SlowHeadersAsync(FloodField field) => field.RepeatAsync(field.Of(1_000), async place =>
    {
        int kind = place % 3;
        byte[] begin = kind switch
        {
            0 => HostileBytes.HttpBegin,
            1 => HostileBytes.HalfConnect,
            _ => [],
        };
        int port = field.Server.Ports[kind switch { 0 => 3, 1 => 2, _ => 0 }];
        using Socket socket = await Besieged.OpenAsync(port, place, field.Stop);
        field.Count();
        await socket.SendAsync(begin, field.Stop);
        Task<int> ended = socket.ReceiveAsync(new byte[256], field.Stop).AsTask();
        while (!ended.IsCompleted)
        {
            await socket.SendAsync("N"u8.ToArray(), field.Stop);
            await Task.Delay(DripEvery, field.Stop);
        }

        field.CountRefused();
    });

    /// <summary>Connects and is gone, as fast as it goes: 100,000 in all, then on until the end.</summary>
    public static Task ConnectsAsync(FloodField field) => field.RepeatAsync(8, async place =>
    {
        for (int i = 0; i < 250 && !field.Stop.IsCancellationRequested; i++)
        {
            Socket socket = await Besieged.OpenAsync(field.Server.Ports[(place + i) % 4], (place * 250) + i, field.Stop);
            Besieged.Cut(socket);
            field.Count();
        }
    });

    private static Task HoldAsync(FloodField field, int usual, Func<int, int> port, Func<int, byte[]> begin) =>
        field.RepeatAsync(field.Of(usual), async place =>
        {
            using Socket socket = await Besieged.OpenAsync(port(place), place, field.Stop);
            field.Count();
            byte[] first = begin(place);
            if (first.Length > 0)
            {
                await socket.SendAsync(first, field.Stop);
            }

            while (await socket.ReceiveAsync(new byte[256], field.Stop) > 0)
            {
            }

            field.CountRefused();
        });
}
