namespace Nexo.Client;

/// <summary>A page of a list.</summary>
/// <param name="Items">What is on it; may be few or none before the end.</param>
/// <param name="Cursor">Where the next page starts; empty at the end. It belongs to one run of one server.</param>
public sealed record NexoPage<TItem>(IReadOnlyList<TItem> Items, ReadOnlyMemory<byte> Cursor)
{
    /// <summary>True when there is no further page.</summary>
    public bool IsLast => Cursor.IsEmpty;
}
