namespace Nexo.Storage;

/// <summary>Bytes that grow; those between the end and a later write are zeros.</summary>
internal sealed class SimulatedContent
{
    private byte[] _bytes = [];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, Length);

    public SimulatedContent Copy() => new() { _bytes = Span.ToArray(), Length = Length };

    public int Read(Span<byte> buffer, long offset)
    {
        if (offset >= Length)
        {
            return 0;
        }

        int count = (int)Math.Min(buffer.Length, Length - offset);
        Span.Slice((int)offset, count).CopyTo(buffer);
        return count;
    }

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        if (bytes.IsEmpty)
        {
            return;
        }

        int end = checked((int)(offset + bytes.Length));
        if (end > Length)
        {
            SetLength(end);
        }

        bytes.CopyTo(_bytes.AsSpan((int)offset));
    }

    public void SetLength(long length)
    {
        int wanted = checked((int)length);
        if (wanted > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(wanted, Math.Min(_bytes.Length * 2, int.MaxValue / 2)));
        }

        if (wanted < Length)
        {
            _bytes.AsSpan(wanted, Length - wanted).Clear();
        }

        Length = wanted;
    }

    public void Flip(long offset, int bit) => _bytes.AsSpan(0, Length)[(int)offset] ^= (byte)(1 << bit);
}
