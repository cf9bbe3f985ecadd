namespace Nexo.Protocol;

/// <summary>How a write sets the life of its entry.</summary>
public enum ExpiryKind : byte
{
    /// <summary>The entry does not expire; an expiry that it had is removed.</summary>
    None = 0,

    /// <summary>The expiry that the entry has, if any, stays.</summary>
    Keep = 1,

    /// <summary>Milliseconds from now, 1 or more. Operand: <c>[i64 ms]</c>.</summary>
    After = 2,

    /// <summary>
    /// Milliseconds since the Unix epoch; a moment that has passed removes the entry. Operand: <c>[i64 ms]</c>.
    /// </summary>
    At = 3,
}

/// <summary>
/// An expiry; <see cref="Milliseconds"/> is only on the wire for <see cref="ExpiryKind.After"/> and
/// <see cref="ExpiryKind.At"/>.
/// </summary>
public readonly record struct StoreExpiry(ExpiryKind Kind, long Milliseconds)
{
    internal static bool TryReadOperand(scoped ref BodyReader reader, byte kind, out StoreExpiry expiry)
    {
        long milliseconds = 0;
        bool read = (ExpiryKind)kind switch
        {
            ExpiryKind.None or ExpiryKind.Keep => true,
            ExpiryKind.After or ExpiryKind.At => reader.TryReadInt64(out milliseconds),
            _ => false,
        };
        expiry = new StoreExpiry((ExpiryKind)kind, milliseconds);
        return read;
    }

    internal void WriteOperand(FrameBuffer buffer)
    {
        if (Kind is ExpiryKind.After or ExpiryKind.At)
        {
            buffer.WriteInt64(Milliseconds);
        }
    }
}
