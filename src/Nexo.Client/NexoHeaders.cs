using System.Collections;
using System.Diagnostics;
using System.Text;
using Nexo.Protocol;

namespace Nexo.Client;

/// <summary>The headers of a message, in their order. They are read when they are asked for.</summary>
public readonly struct NexoHeaders : IEnumerable<KeyValuePair<string, string>>, IEquatable<NexoHeaders>
{
    /// <summary>Where a reply to the message goes: a queue, or of a published message a topic.</summary>
    public const string ReplyTo = "reply-to";

    /// <summary>Ties a reply to what it answers.</summary>
    public const string CorrelationId = "correlation-id";

    private readonly ReadOnlyMemory<byte> _block;

    internal NexoHeaders(ReadOnlyMemory<byte> block) => _block = block;

    /// <summary>True when there are none.</summary>
    public bool IsEmpty => _block.IsEmpty;

    /// <summary>The text of the first header of this name; null when there is none. Bytes that are not UTF-8 are shown as
    /// U+FFFD.</summary>
    public string? this[string name] => TryGetBytes(name, out ReadOnlyMemory<byte> value)
        ? Encoding.UTF8.GetString(value.Span)
        : null;

    /// <summary>The trace that they tell; the default when there is none.</summary>
    internal ActivityContext TraceContext => ActivityContext.TryParse(
        this[HeaderBlock.TraceParent], this[HeaderBlock.TraceState], isRemote: true, out ActivityContext trace)
        ? trace
        : default;

    /// <summary>Whether both have the same headers in the same order.</summary>
    public static bool operator ==(NexoHeaders left, NexoHeaders right) => left.Equals(right);

    /// <summary>Whether they differ.</summary>
    public static bool operator !=(NexoHeaders left, NexoHeaders right) => !left.Equals(right);

    /// <summary>The bytes of the first header of this name.</summary>
    public bool TryGetBytes(string name, out ReadOnlyMemory<byte> value)
    {
        ArgumentNullException.ThrowIfNull(name);
        Span<byte> scratch = stackalloc byte[byte.MaxValue];
        ReadOnlySpan<byte> rest = _block.Span;
        if (!rest.IsEmpty && Encoding.UTF8.TryGetBytes(name, scratch, out int length))
        {
            while (HeaderBlock.TryReadNext(ref rest, out ReadOnlySpan<byte> found, out ReadOnlySpan<byte> bytes))
            {
                if (found.SequenceEqual(scratch[..length]))
                {
                    value = _block.Slice(_block.Length - rest.Length - bytes.Length, bytes.Length);
                    return true;
                }
            }
        }

        value = default;
        return false;
    }

    /// <summary>The headers as text, repeats included.</summary>
    public IEnumerator<KeyValuePair<string, string>> GetEnumerator()
    {
        ReadOnlyMemory<byte> rest = _block;
        while (TryTake(ref rest, out KeyValuePair<string, string> header))
        {
            yield return header;
        }
    }

    /// <inheritdoc/>
    public bool Equals(NexoHeaders other) => _block.Span.SequenceEqual(other._block.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is NexoHeaders other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(_block.Span);
        return hash.ToHashCode();
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static bool TryTake(ref ReadOnlyMemory<byte> rest, out KeyValuePair<string, string> header)
    {
        ReadOnlySpan<byte> span = rest.Span;
        bool taken = HeaderBlock.TryReadNext(ref span, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value);
        header = taken ? new(Encoding.UTF8.GetString(name), Encoding.UTF8.GetString(value)) : default;
        rest = rest[^span.Length..];
        return taken;
    }
}
