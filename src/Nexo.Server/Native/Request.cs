using Nexo.Engine.Store;
using Nexo.Protocol;

namespace Nexo.Server.Native;

/// <summary>One request on its way through a handler. Lives on the stack; the body dies with the handler's return.</summary>
internal readonly ref struct Request(NativeConnection connection, in FrameHeader header, ReadOnlySpan<byte> body)
{
    public NativeConnection Connection { get; } = connection;

    public Opcode Opcode { get; } = header.Opcode;

    public uint Correlation { get; } = header.Correlation;

    /// <summary>The body, without its header block.</summary>
    public ReadOnlySpan<byte> Body { get; } = body;

    public StoreService Store => Connection.Server.Store;

    /// <summary>Replies of the batch; they leave together when all of what was read has been handled.</summary>
    public FrameBuffer Replies => Connection.Replies;

    public FrameBuffer BeginReply()
    {
        FrameBuffer replies = Connection.Replies;
        replies.Begin(Opcode, FrameKind.Reply, Correlation);
        return replies;
    }

    /// <summary>Answers with an error.</summary>
    public void Fail(ErrorCode code, string message) => Connection.Fail(Opcode, Correlation, code, message);

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
