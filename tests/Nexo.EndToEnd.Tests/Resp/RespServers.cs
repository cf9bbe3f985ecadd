using Nexo.Server;

namespace Nexo.EndToEnd.Tests.Resp;

/// <summary>Servers with a port for clients of Redis.</summary>
internal static class RespServers
{
    public static Task<TestServer> StartAsync(Func<NexoServerOptions, NexoServerOptions>? change = null) =>
        TestServer.StartAsync(options =>
        {
            NexoServerOptions changed = change?.Invoke(options) ?? options;
            return changed with { Resp = changed.Resp with { Port = NetworkOptions.PortAny } };
        });

    public static async Task ExpectAsync(this RespPeer peer, string line, string reply)
    {
        string actual = await peer.CallAsync(line);
        Assert.True(reply == actual, $"{line}: {actual}, not {reply}");
    }
}
