namespace Nexo.Engine.Store;

/// <summary>Keeps the key at which a slice stopped; grows as needed and is used again.</summary>
internal struct KeyBuffer
{
    private byte[]? _bytes;
    private int _length;

    public readonly bool IsEmpty => _length == 0;

    public readonly ReadOnlySpan<byte> Key => _bytes.AsSpan(0, _length);

    public void Set(ReadOnlySpan<byte> key)
    {
        if (_bytes is null || _bytes.Length < key.Length)
        {
            _bytes = new byte[Math.Max(256, key.Length)];
        }

        key.CopyTo(_bytes);
        _length = key.Length;
    }

    public void Clear() => _length = 0;
}
