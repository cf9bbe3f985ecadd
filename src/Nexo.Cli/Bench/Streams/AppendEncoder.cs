using System.Buffers.Binary;
using Nexo.Protocol;

namespace Nexo.Cli.Bench.Streams;

/// <summary>
/// Encodes appends into one buffer that is used again for every send: the frames already lie there, and only correlation,
/// the stream's name and the heads of the values are patched.
/// </summary>
internal sealed class AppendEncoder
{
    // What is written for one send stays warm in the second-level cache.
    private const int SendBytesMax = 256 * 1_024;
    private const int CorrelationOffset = FrameHeader.Size - sizeof(uint);

    // Before the value of a record in a batch: [u32 bytes][u8 present][u16 blockBytes].
    private const int ItemStartBytes = sizeof(uint) + sizeof(byte) + sizeof(ushort);

    // Before the stream's name, in an append and in a batch of them: four bytes and its length.
    private const int NameOffset = FrameHeader.Size + sizeof(uint) + sizeof(uint);

    private readonly IReadOnlyList<byte[]> _streams;
    private readonly byte[] _frames;
    private readonly int _frameBytes;
    private readonly int _firstValue;
    private readonly int _stride;

    /// <param name="streams">Names, all of one length; appends go round them.</param>
    /// <param name="value">Every value but for its head.</param>
    /// <param name="batch">Records in an append.</param>
    /// <param name="requestsMax">The most appends that are ever sent at once.</param>
    public AppendEncoder(IReadOnlyList<byte[]> streams, byte[] value, int batch, int requestsMax)
    {
        _streams = streams;
        Batch = batch;
        byte[] frame = batch == 1 ? Single(streams[0], value) : Many(streams[0], value, batch);
        _frameBytes = frame.Length;
        _stride = ItemStartBytes + value.Length;
        _firstValue = batch == 1
            ? frame.Length - value.Length
            : frame.Length - (batch * _stride) + ItemStartBytes;
        RequestsMax = Math.Clamp(SendBytesMax / frame.Length, 1, requestsMax);
        _frames = GC.AllocateUninitializedArray<byte>(checked(RequestsMax * frame.Length), pinned: true);
        for (int i = 0; i < RequestsMax; i++)
        {
            frame.CopyTo(_frames, i * frame.Length);
        }
    }

    public int Batch { get; }

    /// <summary>The most appends that can be encoded at once.</summary>
    public int RequestsMax { get; }

    /// <summary>The stream that the append with this correlation goes to.</summary>
    public int StreamOf(uint correlation) => _streams.Count == 1 ? 0 : (int)(correlation % (uint)_streams.Count);

    /// <summary>The frames of an append for each moment in <paramref name="sentAt"/>; good until the next call.</summary>
    public ReadOnlySpan<byte> Encode(ReadOnlySpan<long> sentAt, uint firstCorrelation, ulong firstSequence)
    {
        ulong sequence = firstSequence;
        for (int i = 0; i < sentAt.Length; i++)
        {
            uint correlation = firstCorrelation + (uint)i;
            Span<byte> frame = _frames.AsSpan(i * _frameBytes, _frameBytes);
            BinaryPrimitives.WriteUInt32LittleEndian(frame[CorrelationOffset..], correlation);
            if (_streams.Count > 1)
            {
                _streams[StreamOf(correlation)].CopyTo(frame[NameOffset..]);
            }

            for (int value = _firstValue; value < frame.Length; value += _stride)
            {
                new MessageHead(sentAt[i], sequence++).Write(frame[value..]);
            }
        }

        return _frames.AsSpan(0, sentAt.Length * _frameBytes);
    }

    private static byte[] Single(byte[] stream, byte[] value)
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.StreamAppend, FrameKind.Request, 0);
        new StreamAppendRequest { Stream = stream, Value = value }.Write(buffer);
        buffer.End();
        return buffer.Written.ToArray();
    }

    private static byte[] Many(byte[] stream, byte[] value, int batch)
    {
        using var buffer = new FrameBuffer();
        buffer.Begin(Opcode.StreamAppendBatch, FrameKind.Request, 0);
        new StreamAppendBatchRequest { Stream = stream }.WriteStart(buffer, (uint)batch);
        for (int i = 0; i < batch; i++)
        {
            new NewRecord { Value = value }.Write(buffer);
        }

        buffer.End();
        return buffer.Written.ToArray();
    }
}
