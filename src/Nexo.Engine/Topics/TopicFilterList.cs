using System.Buffers.Binary;
using System.Text;

namespace Nexo.Engine.Topics;

/// <summary>Filters as <c>([u32 length][filter])*</c>; the bytes are borrowed, and were checked to hold as many.</summary>
/// <param name="bytes">The filters with their lengths.</param>
/// <param name="count">How many there are.</param>
public readonly ref struct TopicFilterList(ReadOnlySpan<byte> bytes, int count)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Count { get; } = count;

    /// <summary>A list of its own, for who has text.</summary>
    public static byte[] Encode(params ReadOnlySpan<string> filters)
    {
        int length = 0;
        foreach (string filter in filters)
        {
            length += sizeof(uint) + Encoding.UTF8.GetByteCount(filter);
        }

        byte[] encoded = new byte[length];
        int at = 0;
        foreach (string filter in filters)
        {
            int written = Encoding.UTF8.GetBytes(filter, encoded.AsSpan(at + sizeof(uint)));
            BinaryPrimitives.WriteInt32LittleEndian(encoded.AsSpan(at), written);
            at += sizeof(uint) + written;
        }

        return encoded;
    }

    public Enumerator GetEnumerator() => new(_bytes);

    /// <summary>Goes over the filters.</summary>
    public ref struct Enumerator(ReadOnlySpan<byte> left)
    {
        private ReadOnlySpan<byte> _left = left;

        public ReadOnlySpan<byte> Current { get; private set; }

        public bool MoveNext()
        {
            if (_left.IsEmpty)
            {
                return false;
            }

            int length = BinaryPrimitives.ReadInt32LittleEndian(_left);
            Current = _left.Slice(sizeof(uint), length);
            _left = _left[(sizeof(uint) + length)..];
            return true;
        }
    }
}
