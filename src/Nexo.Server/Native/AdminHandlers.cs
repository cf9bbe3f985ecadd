using Nexo.Protocol;
using Nexo.Server.Data;
using Nexo.Server.Security;

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

        if (request.DeniesAdmin(AccessOperation.Manage))
        {
            return;
        }

        NativeServer server = request.Connection.Server;
        if (!KeepsData(request))
        {
            return;
        }

        if (request.Connection.TryReserve(request.Opcode, request.Correlation))
        {
            var waiting = new SnapshotRequest(request.Connection, request.Correlation, server.Snapshots);
            request.Connection.Add(request.Correlation, waiting);
        }
    }

    public static void Backup(in Request request)
    {
        if (!BackupRequest.TryRead(request.Body, out BackupRequest asked))
        {
            request.FailMalformed();
            return;
        }

        if (request.DeniesAdmin(AccessOperation.Manage))
        {
            return;
        }

        if (!KeepsData(request) || !request.Connection.TryReserve(request.Opcode, request.Correlation))
        {
            return;
        }

        if (!request.Connection.Server.Backups.TryBegin(out Backup? backup))
        {
            request.Fail(ErrorCode.TooManyInFlight, "Another backup is being made; one at a time.");
            return;
        }

        request.BeginReply().End();
        request.Connection.Add(
            request.Correlation,
            new BackupSubscription(request.Connection, request.Correlation, asked.Credits, backup));
    }

    private static bool KeepsData(in Request request)
    {
        bool keeps = request.Connection.Server.Persistence.IsOn;
        if (!keeps)
        {
            request.Fail(ErrorCode.UnsupportedDurability, "This server keeps nothing on disk: see store.durability.");
        }

        return keeps;
    }
}
