namespace Nexo.Storage;

/// <summary>
/// Log sequence number: the ordinal of a record in the write-ahead log, from 1, without gaps. Zero stands before the
/// first record.
/// </summary>
public readonly record struct Lsn(ulong Value) : IComparable<Lsn>
{
    public static Lsn None => default;

    public static bool operator <(Lsn left, Lsn right) => left.Value < right.Value;

    public static bool operator >(Lsn left, Lsn right) => left.Value > right.Value;

    public static bool operator <=(Lsn left, Lsn right) => left.Value <= right.Value;

    public static bool operator >=(Lsn left, Lsn right) => left.Value >= right.Value;

    public int CompareTo(Lsn other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString();
}
