using System.Buffers.Binary;
using Nexo.Protocol;

namespace Nexo.Cli.Bench.Queues;

/// <summary>
/// Encodes pushes into one buffer that is used again for every send: the frames already lie there, and only correlation,
/// the queue's name and the heads of the messages are patched.
/// </summary>
internal sealed class PushEncoder
{
    // What is written for one send stays warm in the second-level cache.
    private const int SendBytesMax = 256 * 1_024;
    private const int CorrelationOffset = FrameHeader.Size - sizeof(uint);

    // Before the body of a message in a batch: [u32 bytes][u8 present][u8 priority][u16 blockBytes].
    private const int ItemStartBytes = sizeof(uint) + (2 * sizeof(byte)) + sizeof(ushort);

    // Before the queue's name, in a push and in a batch of them: four bytes and its length.
    private const int NameOffset = FrameHeader.Size + sizeof(uint) + sizeof(uint);

    private readonly IReadOnlyList<byte[]> _queues;
    private readonly byte[] _frames;
    private readonly int _frameBytes;
    private readonly int _firstBody;
    private readonly int _stride;

    /// <param name="queues">Names, all of one length; pushes go round them.</param>
    /// <param name="body">The body of every message but for its head.</param>
    /// <param name="batch">Messages in a push.</param>
    /// <param name="requestsMax">The most pushes that are ever sent at once.</param>
    public PushEncoder(IReadOnlyList<byte[]> queues, byte[] body, int batch, int requestsMax)
    {
        _queues = queues;
        Batch = batch;
        byte[] frame = batch == 1 ? Single(queues[0], body) : Many(queues[0], body, batch);
        _frameBytes = frame.Length;
        _stride = ItemStartBytes + body.Length;
        _firstBody = batch == 1
            ? frame.Length - body.Length
            : frame.Length - (batch * _stride) + ItemStartBytes;
        RequestsMax = Math.Clamp(SendBytesMax / frame.Length, 1, requestsMax);
        _frames = GC.AllocateUninitializedArray<byte>(checked(RequestsMax * frame.Length), pinned: true);
        for (int i = 0; i < RequestsMax; i++)
        {
            frame.CopyTo(_frames, i * frame.Length);
        }
    }

    public int Batch { get; }

    /// <summary>The most pushes that can be encoded at once.</summary>
    public int RequestsMax { get; }

    /// <summary>The frames of a push for each moment in <paramref name="sentAt"/>; good until the next call.</summary>
    public ReadOnlySpan<byte> Encode(ReadOnlySpan<long> sentAt, uint firstCorrelation, ulong firstSequence)
    {
        ulong sequence = firstSequence;
        for (int i = 0; i < sentAt.Length; i++)
        {
            uint correlation = firstCorrelation + (uint)i;
            Span<byte> frame = _frames.AsSpan(i * _frameBytes, _frameBytes);
            BinaryPrimitives.WriteUInt32LittleEndian(frame[CorrelationOffset..], correlation);
            if (_queues.Count > 1)
            {
                _queues[(int)(correlation % (uint)_queues.Count)].CopyTo(frame[NameOffset..]);
            }

            for (int body = _firstBody; body < frame.Length; body += _stride)
            {
                new MessageHead(sentAt[i], sequence++).Write(frame[body..]);
            }
        }

        return _frames.AsSpan(0, sentAt.Length * _frameBytes);
    }

    private static byte[] Single(byte[] queue, byte[] body)
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.QueuePush, FrameKind.Request, 0);
        new QueuePushRequest { Queue = queue, Message = new PushedMessage { Body = body } }.Write(buffer);
        buffer.End();
        return buffer.Written.ToArray();
    }

    private static byte[] Many(byte[] queue, byte[] body, int batch)
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.QueuePushBatch, FrameKind.Request, 0);
        QueuePushBatchRequest.WriteStart(buffer, allOrNone: false, queue, (uint)batch);
        for (int i = 0; i < batch; i++)
        {
            new PushedMessage { Body = body }.WriteItem(buffer);
        }

        buffer.End();
        return buffer.Written.ToArray();
    }
}
