using Microsoft.AspNetCore.Connections;

namespace Nexo.Server.Native;

/// <summary>Kestrel's entry to the native protocol: one call per accepted connection, which ends with it.</summary>
internal sealed class NativeConnectionHandler(NativeServer server) : ConnectionHandler
{
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var native = new NativeConnection(connection, server);
        bool isAdmitted = server.TryAdmit(native);
        try
        {
            await native.RunAsync(isAdmitted);
        }
        finally
        {
            server.Forget(native, isAdmitted);
            _ = AbortLaterAsync(connection);
        }
    }

    // The transport goes on until the peer has taken the last bytes: for ever, if it takes none.
    private async Task AbortLaterAsync(ConnectionContext connection)
    {
        await Task.Delay(server.Options.SendStallMs, connection.ConnectionClosed)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        connection.Abort();
    }
}
