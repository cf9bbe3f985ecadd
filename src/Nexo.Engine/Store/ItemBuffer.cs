using System.Buffers.Binary;

namespace Nexo.Engine.Store;

/// <summary>Byte strings that were copied to be used after the place where they lay has changed; each thread has one.</summary>
internal sealed class ItemBuffer : IDisposable
{
    private const int BytesKept = 64 * 1_024;

    [ThreadStatic]
    private static ItemBuffer? _spare;

    private Writer _sink;

    private ItemBuffer() => _sink = new Writer(this);

    /// <summary>Takes the items.</summary>
    public ref Writer Sink => ref _sink;

    public int Count { get; private set; }

    /// <summary>Those that were taken; valid until the next one is.</summary>
    public BlobRun Items => new(_bytes.AsSpan(0, _length));

    private byte[] _bytes = new byte[1_024];
    private int _length;

    public static ItemBuffer Rent()
    {
        ItemBuffer buffer = _spare ?? new ItemBuffer();
        _spare = null;
        buffer._length = 0;
        buffer.Count = 0;
        return buffer;
    }

    public void Dispose()
    {
        if (_bytes.Length <= BytesKept)
        {
            _spare = this;
        }
    }

    private void Add(ReadOnlySpan<byte> item)
    {
        int bytes = FieldsRemovedRecord.FieldHeaderBytes + item.Length;
        if (_bytes.Length - _length < bytes)
        {
            Array.Resize(ref _bytes, (int)Math.Min(Array.MaxLength, Math.Max(2L * _bytes.Length, (long)_length + bytes)));
        }

        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(_length), (uint)item.Length);
        item.CopyTo(_bytes.AsSpan(_length + FieldsRemovedRecord.FieldHeaderBytes));
        _length += bytes;
        Count++;
    }

    internal readonly struct Writer(ItemBuffer buffer) : IBlobSink, IHashSink, IScoreSink
    {
        public bool Add(ReadOnlySpan<byte> item)
        {
            buffer.Add(item);
            return true;
        }

        /// <summary>Takes a field or a member without its value.</summary>
        public bool Add(ReadOnlySpan<byte> field, ReadOnlySpan<byte> value) => Add(field);

        /// <summary>Takes a member without its score.</summary>
        public bool Add(ReadOnlySpan<byte> member, double score) => Add(member);
    }
}
