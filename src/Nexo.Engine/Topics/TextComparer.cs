namespace Nexo.Engine.Topics;

/// <summary>Compares names and filters by their bytes, with a hash that differs from process to process.</summary>
internal sealed class TextComparer : IEqualityComparer<byte[]>
{
    public static readonly TextComparer Instance = new();

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] obj)
    {
        var hash = default(HashCode);
        hash.AddBytes(obj);
        return hash.ToHashCode();
    }
}
