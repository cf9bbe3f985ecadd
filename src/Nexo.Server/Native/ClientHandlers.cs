using System.Buffers.Binary;
using System.Text;
using Nexo.Protocol;
using Nexo.Server.Brokers;
using Nexo.Server.Connections;
using Nexo.Server.Observability;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>Requests of operators about connections, of all protocols.</summary>
internal static class ClientHandlers
{
    public static void List(in Request request)
    {
        if (!ScanRequest.TryRead(request.Body, out ScanRequest page))
        {
            request.FailMalformed();
            return;
        }

        if (request.DeniesAdmin(AccessOperation.Read))
        {
            return;
        }

        if (page.Limit is 0 or > ScanRequest.LimitMax)
        {
            request.Fail(ErrorCode.InvalidArgument, $"limit: 1 to {ScanRequest.LimitMax} connections.");
            return;
        }

        long after = 0;
        if (!page.Cursor.IsEmpty
            && (page.Cursor.Length != sizeof(long) || !BinaryPrimitives.TryReadInt64LittleEndian(page.Cursor, out after)))
        {
            request.Fail(ErrorCode.CursorInvalid, "cursor: empty to begin with, then that of the answer before.");
            return;
        }

        string prefix = Encoding.UTF8.GetString(page.Prefix);
        ClientConnection[] found =
        [
            .. request.Connection.All.SeenBy(request.Connection.Broker)
                .Where(one => one.Id > after && (prefix.Length == 0 || one.Remote.StartsWith(prefix, StringComparison.Ordinal)))
                .OrderBy(one => one.Id)
                .Take((int)page.Limit),
        ];
        Write(request, found, isLast: found.Length < page.Limit);
    }

    public static void Disconnect(in Request request)
    {
        if (!DisconnectRequest.TryRead(request.Body, out DisconnectRequest asked))
        {
            request.FailMalformed();
            return;
        }

        // Nobody ends himself by it, or the answer would be lost.
        NativeConnection self = request.Connection;
        ClientConnection? other = asked.Id == (ulong)self.Id ? null : self.All.Find((long)asked.Id, self.Broker);
        if (request.DeniesAdmin(AccessOperation.Manage, other?.Title ?? $"{asked.Id}"))
        {
            return;
        }

        other?.EndByOperator($"Ended by {(self.User.Length > 0 ? self.User : self.Remote)}.");
        request.ReplyCount(other is null ? 0 : 1);
    }

    public static void Slowest(in Request request)
    {
        if (!SlowestRequest.TryRead(request.Body, out SlowestRequest asked))
        {
            request.FailMalformed();
            return;
        }

        if (request.DeniesAdmin(AccessOperation.Read))
        {
            return;
        }

        if (asked.Limit is 0 or > SlowestRequest.LimitMax)
        {
            request.Fail(ErrorCode.InvalidArgument, $"limit: 1 to {SlowestRequest.LimitMax} operations.");
            return;
        }

        IReadOnlyList<SlowOperation> found = request.Connection.Slow.Newest((int)asked.Limit, request.Connection.Broker);
        FrameBuffer reply = request.BeginReply();
        reply.WriteUInt32((uint)found.Count);
        foreach (SlowOperation slow in found)
        {
            new SlowestItem
            {
                Id = (ulong)slow.Id,
                AtMs = slow.AtMs,
                Microseconds = (ulong)slow.Microseconds,
                Protocol = ProtocolOf(slow.Protocol),
                Cause = slow.Cause,
                Connection = (ulong)slow.Connection,
                Operation = Encoding.UTF8.GetBytes(slow.Operation),
                Subject = Encoding.UTF8.GetBytes(slow.Subject),
                Remote = Encoding.UTF8.GetBytes(slow.Remote),
                User = Encoding.UTF8.GetBytes(slow.User),
                Client = Encoding.UTF8.GetBytes(slow.Client),
                Namespace = slow.Broker.Name == Namespaces.Default ? default : Encoding.UTF8.GetBytes(slow.Broker.Name),
            }.Write(reply);
        }

        reply.End();
    }

    private static void Write(in Request request, ClientConnection[] found, bool isLast)
    {
        Span<byte> cursor = stackalloc byte[sizeof(long)];
        if (!isLast)
        {
            BinaryPrimitives.WriteInt64LittleEndian(cursor, found[^1].Id);
        }

        NativeConnection self = request.Connection;
        long wallMs = self.All.Time.GetUtcNow().ToUnixTimeMilliseconds();
        long nowMs = self.All.NowMs;
        FrameBuffer reply = request.BeginReply();
        ConnectionListReply.WriteStart(reply, isLast ? default : cursor, (uint)found.Length);
        foreach (ClientConnection one in found)
        {
            ConnectionCounters counters = one.ReadCounters();
            new ConnectionListItem
            {
                Id = (ulong)one.Id,
                Protocol = ProtocolOf(one.Protocol),
                Flags = (one.IsEncrypted ? ConnectionFlags.Tls : 0) | (one.Id == self.Id ? ConnectionFlags.Own : 0),
                ConnectedAtMs = wallMs - (nowMs - one.ConnectedAtMs),
                IdleMs = (ulong)Math.Max(0, nowMs - one.ReceivedAtMs),
                Requests = (ulong)counters.Requests,
                ReceivedBytes = (ulong)counters.BytesReceived,
                SentBytes = (ulong)counters.BytesSent,
                PendingBytes = (ulong)Math.Max(0, one.BytesPending),
                Remote = Encoding.UTF8.GetBytes(one.Remote),
                User = Encoding.UTF8.GetBytes(one.User),
                Client = Encoding.UTF8.GetBytes(one.ClientName),
                Namespace = one.Broker.Name == Namespaces.Default ? default : Encoding.UTF8.GetBytes(one.Broker.Name),
            }.Write(reply);
        }

        if (reply.BodyCount > self.BodyBytesMax)
        {
            request.AbandonAndFail(ErrorCode.ReplyTooLarge, "The page does not fit one frame; ask with a lower limit.");
            return;
        }

        reply.End();
    }

    private static ConnectionProtocol ProtocolOf(ClientProtocol protocol) => protocol switch
    {
        ClientProtocol.Native => ConnectionProtocol.Native,
        ClientProtocol.Resp => ConnectionProtocol.Redis,
        ClientProtocol.Mqtt => ConnectionProtocol.Mqtt,
        ClientProtocol.Http => ConnectionProtocol.Http,
        _ => ConnectionProtocol.None,
    };
}
