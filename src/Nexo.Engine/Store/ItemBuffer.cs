using System.Buffers.Binary;

namespace Nexo.Engine.Store;

/// <summary>Byte strings that were copied to be used after the place where they lay has changed; each thread has one.</summary>
internal sealed class ItemBuffer : IDisposable
{
    /// <summary>What an item costs beside its bytes, where it is kept in a table of its own too.</summary>
    public const int OverheadBytes = 64;

    private const int BytesKept = 64 * 1_024;

    [ThreadStatic]
    private static ItemBuffer? _spare;

    private Writer _sink;

    private ItemBuffer() => _sink = new Writer(this);

    /// <summary>Takes the items.</summary>
    public ref Writer Sink => ref _sink;

    public int Count { get; private set; }

    /// <summary>Only how many there are is of interest: none is kept.</summary>
    public bool CountsOnly { get; set; }

    /// <summary>One was refused: they would take more than they may.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Those that were taken; valid until the next one is.</summary>
    public BlobRun Items => new(_bytes.AsSpan(0, _length));

    private byte[] _bytes = new byte[1_024];
    private int _length;
    private long _bytesMax;

    /// <param name="bytesMax">With <see cref="OverheadBytes"/> for each item.</param>
    public static ItemBuffer Rent(long bytesMax = long.MaxValue)
    {
        ItemBuffer buffer = _spare ?? new ItemBuffer();
        _spare = null;
        buffer._length = 0;
        buffer._bytesMax = bytesMax;
        buffer.Count = 0;
        buffer.CountsOnly = false;
        buffer.IsFull = false;
        return buffer;
    }

    public void Dispose()
    {
        if (_bytes.Length <= BytesKept)
        {
            _spare = this;
        }
    }

    private bool Add(ReadOnlySpan<byte> item)
    {
        if (CountsOnly)
        {
            Count++;
            return true;
        }

        int bytes = FieldsRemovedRecord.FieldHeaderBytes + item.Length;
        IsFull |= _length + (long)bytes + (OverheadBytes * (long)Count) > _bytesMax;
        if (IsFull)
        {
            return false;
        }

        if (_bytes.Length - _length < bytes)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(2L * _bytes.Length, (long)_length + bytes)));
        }

        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(_length), (uint)item.Length);
        item.CopyTo(_bytes.AsSpan(_length + FieldsRemovedRecord.FieldHeaderBytes));
        _length += bytes;
        Count++;
        return true;
    }

    internal readonly struct Writer(ItemBuffer buffer) : IBlobSink, IHashSink, IScoreSink
    {
        public bool Add(ReadOnlySpan<byte> item) => buffer.Add(item);

        /// <summary>Takes a field or a member without its value.</summary>
        public bool Add(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value) => Add(field);

        /// <summary>Takes a member without its score.</summary>
        public bool Add(ReadOnlySpan<byte> member, double score) => Add(member);
    }
}
