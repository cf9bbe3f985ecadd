using System.Buffers;
using System.Buffers.Binary;

namespace Nexo.Engine.Queues;

/// <summary>
/// Messages behind one another, as they lie in a batch of the backlog's log:
/// <c>[u64 firstId][i64 firstEnqueuedAt](message)*</c>, each <c>[idDelta][enqueuedDelta][life][headerBytes][bodyBytes]</c> as
/// variable-length integers (7 bits a byte, low ones first) and then headers and body. Deltas are to the message before, that of
/// the moment zigzag; life is 0, or one more than the milliseconds from the enqueueing to the end of life.
/// </summary>
internal sealed class BacklogBlock : IDisposable
{
    public const int HeaderBytes = sizeof(ulong) + sizeof(long);

    private const int BytesMin = 4 * 1_024;
    private const int VarintBytesMax = 10;
    private const int FieldsPerMessage = 5;

    private byte[] _bytes = [];
    private ulong _firstId;
    private long _firstAt;

    public int Count { get; private set; }

    public int Length { get; private set; } = HeaderBytes;

    /// <summary>Headers and bodies of its messages.</summary>
    public long ContentBytes { get; private set; }

    public ulong LastId { get; private set; }

    public long FirstAtMs => _firstAt;

    public long LastAtMs { get; private set; }

    public long MaxAtMs { get; private set; }

    /// <summary>The whole of it, borrowed until something is added.</summary>
    public ReadOnlySpan<byte> Payload
    {
        get
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_bytes, _firstId);
            BinaryPrimitives.WriteInt64LittleEndian(_bytes.AsSpan(sizeof(ulong)), _firstAt);
            return _bytes.AsSpan(0, Length);
        }
    }

    public void Add(in BacklogMessage message)
    {
        Ensure(checked(Length + (FieldsPerMessage * VarintBytesMax) + message.Headers.Length + message.Body.Length));
        if (Count == 0)
        {
            (_firstId, _firstAt) = (message.Id, message.EnqueuedAtMs);
            (LastId, LastAtMs, MaxAtMs) = (message.Id, message.EnqueuedAtMs, message.EnqueuedAtMs);
        }

        long later = message.EnqueuedAtMs - LastAtMs;
        Write(message.Id - LastId);
        Write((ulong)((later << 1) ^ (later >> 63)));
        Write(message.ExpiresAtMs == 0 ? 0 : (ulong)Math.Max(0, message.ExpiresAtMs - message.EnqueuedAtMs) + 1);
        Write((ulong)message.Headers.Length);
        Write((ulong)message.Body.Length);
        message.Headers.CopyTo(_bytes.AsSpan(Length));
        message.Body.CopyTo(_bytes.AsSpan(Length + message.Headers.Length));
        Length += message.Headers.Length + message.Body.Length;
        ContentBytes += message.Headers.Length + message.Body.Length;
        (LastId, LastAtMs, MaxAtMs) = (message.Id, message.EnqueuedAtMs, Math.Max(MaxAtMs, message.EnqueuedAtMs));
        Count++;
    }

    /// <summary>Empty again, for others.</summary>
    public void Clear() => (Count, Length, ContentBytes) = (0, HeaderBytes, 0);

    public void Dispose()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }

        Clear();
    }

    private void Ensure(int bytes)
    {
        if (bytes > _bytes.Length)
        {
            byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(BytesMin, Math.Max(bytes, _bytes.Length * 2)));
            _bytes.AsSpan(0, Math.Min(Length, _bytes.Length)).CopyTo(larger);
            if (_bytes.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(_bytes);
            }

            _bytes = larger;
        }
    }

    private void Write(ulong value)
    {
        while (value >= 0x80)
        {
            _bytes[Length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        _bytes[Length++] = (byte)value;
    }
}

/// <summary>Goes over the messages of a block.</summary>
internal ref struct BacklogReader
{
    private ReadOnlySpan<byte> _rest;
    private ulong _id;
    private long _at;

    public BacklogReader(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < BacklogBlock.HeaderBytes)
        {
            throw Broken();
        }

        _id = BinaryPrimitives.ReadUInt64LittleEndian(payload);
        _at = BinaryPrimitives.ReadInt64LittleEndian(payload[sizeof(ulong)..]);
        _rest = payload[BacklogBlock.HeaderBytes..];
    }

    /// <summary>Takes the next; false at the end.</summary>
    /// <exception cref="InvalidDataException">It is none, though its checksum is right.</exception>
    public bool TryTake(out BacklogMessage message)
    {
        message = default;
        if (_rest.IsEmpty)
        {
            return false;
        }

        _id += Take();
        ulong later = Take();
        _at += (long)(later >> 1) ^ -(long)(later & 1);
        ulong life = Take();
        ulong headers = Take();
        ulong body = Take();
        if (headers > (ulong)_rest.Length || body > (ulong)_rest.Length - headers)
        {
            throw Broken();
        }

        message = new BacklogMessage
        {
            Id = _id,
            EnqueuedAtMs = _at,
            ExpiresAtMs = life == 0 ? 0 : _at + (long)(life - 1),
            Headers = _rest[..(int)headers],
            Body = _rest.Slice((int)headers, (int)body),
        };
        _rest = _rest[(int)(headers + body)..];
        return true;
    }

    private ulong Take()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            if (_rest.IsEmpty)
            {
                throw Broken();
            }

            byte next = _rest[0];
            _rest = _rest[1..];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Broken();
    }

    private static InvalidDataException Broken() => new("A block of a queue's backlog does not hold what was written.");
}
