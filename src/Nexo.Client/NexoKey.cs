using System.Text;

namespace Nexo.Client;

/// <summary>
/// A key, a prefix or a hash field: any bytes. Text is sent as UTF-8, and encoded only when the request is written.
/// Bytes are not copied: do not change them while a call that uses them is under way.
/// </summary>
public readonly struct NexoKey : IEquatable<NexoKey>
{
    private readonly string? _text;
    private readonly ReadOnlyMemory<byte> _bytes;

    /// <summary>A key whose bytes are the UTF-8 of <paramref name="text"/>.</summary>
    public NexoKey(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        _text = text;
    }

    /// <summary>A key of exactly these bytes.</summary>
    public NexoKey(ReadOnlyMemory<byte> bytes) => _bytes = bytes;

    /// <summary>The empty key; as a prefix it matches every key.</summary>
    public static NexoKey Empty => default;

    /// <summary>True when there is no byte in it.</summary>
    public bool IsEmpty => ByteCount == 0;

    /// <summary>Bytes of the key.</summary>
    public int ByteCount => _text is null ? _bytes.Length : Encoding.UTF8.GetByteCount(_text);

    /// <summary>A key of the UTF-8 of a text.</summary>
    public static implicit operator NexoKey(string text) => new(text);

    /// <summary>A key of an array's bytes.</summary>
    public static implicit operator NexoKey(byte[] bytes) => new(bytes);

    /// <summary>A key of these bytes.</summary>
    public static implicit operator NexoKey(ReadOnlyMemory<byte> bytes) => new(bytes);

    /// <summary>Whether both have the same bytes.</summary>
    public static bool operator ==(NexoKey left, NexoKey right) => left.Equals(right);

    /// <summary>Whether the bytes differ.</summary>
    public static bool operator !=(NexoKey left, NexoKey right) => !left.Equals(right);

    /// <summary>The key's bytes.</summary>
    public ReadOnlyMemory<byte> ToBytes() => _text is null ? _bytes : Encoding.UTF8.GetBytes(_text);

    /// <summary>The key as text; bytes that are not UTF-8 are shown as U+FFFD.</summary>
    public override string ToString() => _text ?? Encoding.UTF8.GetString(_bytes.Span);

    /// <inheritdoc/>
    public bool Equals(NexoKey other) => _text is not null && other._text is not null
        ? string.Equals(_text, other._text, StringComparison.Ordinal)
        : ToBytes().Span.SequenceEqual(other.ToBytes().Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is NexoKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(ToBytes().Span);
        return hash.ToHashCode();
    }

    /// <summary>The bytes, encoded into <paramref name="scratch"/> when they are text and it is large
    /// enough.</summary>
    internal ReadOnlySpan<byte> Encode(Span<byte> scratch)
    {
        if (_text is null)
        {
            return _bytes.Span;
        }

        return Encoding.UTF8.TryGetBytes(_text, scratch, out int written)
            ? scratch[..written]
            : Encoding.UTF8.GetBytes(_text);
    }
}
