namespace Nexo.Engine.Topics;

/// <summary>Where a sweep over the retained messages goes on; grows as needed and is used again.</summary>
internal struct RetainedCursor
{
    private const int BytesMin = 256;

    private byte[]? _key;
    private int _length;

    public readonly ReadOnlySpan<byte> Key => _key.AsSpan(0, _length);

    /// <summary>The topic itself has been dealt with.</summary>
    public bool IsAfter { get; private set; }

    public void Set(ReadOnlySpan<byte> key, bool isAfter)
    {
        if (_key is null || _key.Length < key.Length)
        {
            _key = new byte[Math.Max(BytesMin, key.Length)];
        }

        key.CopyTo(_key);
        _length = key.Length;
        IsAfter = isAfter;
    }

    /// <summary>For who goes on later: <c>[u8 is after][key:rest]</c>.</summary>
    public readonly byte[] ToArray() => [IsAfter ? (byte)1 : (byte)0, .. Key];

    /// <summary>Goes on where <see cref="ToArray"/> says; from the beginning if it is empty.</summary>
    public void Read(ReadOnlySpan<byte> cursor)
    {
        if (!cursor.IsEmpty)
        {
            Set(cursor[1..], cursor[0] != 0);
        }
    }
}
