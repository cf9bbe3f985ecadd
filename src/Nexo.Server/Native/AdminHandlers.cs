using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>Requests of operators.</summary>
internal static class AdminHandlers
{
    public static void Snapshot(in Request request)
    {
        if (!request.Body.IsEmpty)
        {
            request.FailMalformed();
            return;
        }

        NativeServer server = request.Connection.Server;
        if (!server.Persistence.IsOn)
        {
            request.Fail(ErrorCode.UnsupportedDurability, "This server keeps nothing on disk: see store.durability.");
            return;
        }

        if (request.Connection.TryReserve(request.Opcode, request.Correlation))
        {
            var waiting = new SnapshotRequest(request.Connection, request.Correlation, server.Snapshots);
            request.Connection.Add(request.Correlation, waiting);
        }
    }
}
