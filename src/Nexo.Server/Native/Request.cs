using System.Text;
using Nexo.Engine.Queues;
using Nexo.Engine.Schedules;
using Nexo.Engine.Store;
using Nexo.Engine.Streams;
using Nexo.Engine.Topics;
using Nexo.Protocol;
using Nexo.Server.Security;

namespace Nexo.Server.Native;

/// <summary>One request on its way through a handler. Lives on the stack; the body dies with the handler's return.</summary>
internal readonly ref struct Request(
    NativeConnection connection, in FrameHeader header, ReadOnlySpan<byte> headers, ReadOnlySpan<byte> body)
{
    public NativeConnection Connection { get; } = connection;

    public Opcode Opcode { get; } = header.Opcode;

    public uint Correlation { get; } = header.Correlation;

    /// <summary>The header block without its leading size, checked; empty: there is none.</summary>
    public ReadOnlySpan<byte> Headers { get; } = headers;

    /// <summary>The body, without its header block.</summary>
    public ReadOnlySpan<byte> Body { get; } = body;

    public StoreService Store => Connection.Server.Store;

    public QueueService Queues => Connection.Server.Queues;

    public TopicService Topics => Connection.Server.Topics;

    public StreamService Streams => Connection.Server.Streams;

    public ScheduleService Schedules => Connection.Server.ScheduleTicker.Schedules;

    /// <summary>The head of an error that answers it, for who answers later.</summary>
    public FrameHeader ErrorHead => new(0, Opcode, FrameKind.Error, FrameFlags.None, Correlation);

    /// <summary>Replies of the batch; they leave together when all of what was read has been handled.</summary>
    public FrameBuffer Replies => Connection.Replies;

    public FrameBuffer BeginReply()
    {
        FrameBuffer replies = Connection.Replies;
        replies.Begin(Opcode, FrameKind.Reply, Correlation);
        return replies;
    }

    /// <summary>Has the answer wait until the disk has what it tells, if it must.</summary>
    public void AwaitDiskIf(bool waits)
    {
        if (waits)
        {
            Connection.AwaitDisk(Opcode, Correlation);
        }
    }

    /// <summary>True: something may not be done with a name, or a topic; then the request was answered so.</summary>
    public bool Denies(AccessBroker broker, AccessOperation operation, ReadOnlySpan<byte> name)
    {
        Access access = Connection.Access;
        return operation == AccessOperation.Manage
            ? Judge(access.Allows(broker, operation, name), broker, operation, name, AccessReach.Name)
            : !ReferenceEquals(access, Access.Everything)
                && !access.Allows(broker, operation, name)
                && Judge(false, broker, operation, name, AccessReach.Name);
    }

    /// <summary>As above, of every topic that a filter matches.</summary>
    public bool DeniesFilter(AccessOperation operation, ReadOnlySpan<byte> filter) =>
        Judge(Connection.Access.Covers(operation, filter), AccessBroker.Topics, operation, filter, AccessReach.Filter);

    /// <summary>As above, of all names that begin so.</summary>
    public bool DeniesPrefix(AccessBroker broker, AccessOperation operation, ReadOnlySpan<byte> prefix) =>
        Judge(Connection.Access.CoversPrefix(broker, operation, prefix), broker, operation, prefix, AccessReach.Prefix);

    /// <summary>As above, of something of which it is not known yet what name it has: none may be.</summary>
    public bool DeniesAny(AccessBroker broker, AccessOperation operation) =>
        Judge(Connection.Access.AllowsAny(broker, operation), broker, operation, default, AccessReach.Any);

    /// <summary>As above, of the server itself.</summary>
    public bool DeniesAdmin(AccessOperation operation) =>
        Judge(Connection.Access.AllowsAdmin(operation), AccessBroker.Admin, operation, default, AccessReach.Name);

    /// <summary>As above, and what it is done to is written down; who may not do it is not told.</summary>
    public bool DeniesAdmin(AccessOperation operation, string subject)
    {
        bool isAllowed = Connection.Access.AllowsAdmin(operation);
        Connection.All.Audit.Operation(
            Connection.User, Connection.RemoteEndPoint, Opcode.ToString(), Encoding.UTF8.GetBytes(subject), isAllowed);
        if (!isAllowed)
        {
            Connection.FailDenied(Opcode, Correlation, AccessBroker.Admin, operation, default, AccessReach.Name);
        }

        return !isAllowed;
    }

    // What is managed is written down, and what is refused.
    private bool Judge(bool isAllowed, AccessBroker broker, AccessOperation operation, ReadOnlySpan<byte> name, AccessReach reach)
    {
        if (!isAllowed || operation == AccessOperation.Manage)
        {
            Connection.All.Audit.Operation(Connection.User, Connection.RemoteEndPoint, Opcode.ToString(), name, isAllowed);
        }

        if (!isAllowed)
        {
            Connection.FailDenied(Opcode, Correlation, broker, operation, name, reach);
        }

        return !isAllowed;
    }

    /// <summary>Answers with an error.</summary>
    public void Fail(ErrorCode code, string message) => Connection.Fail(Opcode, Correlation, code, message);

    /// <summary>Answers with an error and what programs are to know of it, at most 255 bytes.</summary>
    public void Fail(ErrorCode code, string message, ReadOnlySpan<byte> detail) =>
        Connection.Fail(Opcode, Correlation, code, message, detail);

    /// <summary>Takes back the reply that was begun and answers with an error.</summary>
    public void AbandonAndFail(ErrorCode code, string message)
    {
        Connection.Replies.Abandon();
        Fail(code, message);
    }

    public void FailMalformed() => Fail(ErrorCode.Malformed, $"The body of {Opcode} is malformed: see docs/protocol.md.");

    public void ReplyCount(long count)
    {
        FrameBuffer reply = BeginReply();
        new CountReply(count).Write(reply);
        reply.End();
    }
}
