using System.Runtime.CompilerServices;

namespace Nexo.Client;

/// <summary>Lists that are asked for page by page.</summary>
internal static class Pages
{
    /// <summary>All items, of one page after the other.</summary>
    /// <param name="page">Asks for the page at a cursor.</param>
    /// <param name="cancel">Ends it.</param>
    public static async IAsyncEnumerable<T> AllAsync<T>(
        Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask<NexoPage<T>>> page,
        [EnumeratorCancellation] CancellationToken cancel = default)
    {
        ReadOnlyMemory<byte> cursor = default;
        do
        {
            NexoPage<T> some = await page(cursor, cancel).ConfigureAwait(false);
            foreach (T item in some.Items)
            {
                yield return item;
            }

            cursor = some.Cursor;
        }
        while (!cursor.IsEmpty);
    }
}
