using System.Runtime.CompilerServices;

namespace Nexo.Engine.Topics;

/// <summary>A list that grows without copying what it has, but for its first chunk: millions of items, no pause.</summary>
internal struct ChunkedList<T>
    where T : struct
{
    private const int ChunkBits = 10;
    private const int ChunkItems = 1 << ChunkBits;
    private const int ItemsAtFirst = 16;

    private T[][] _chunks;

    public ChunkedList() => _chunks = [new T[ItemsAtFirst]];

    public int Count { get; private set; }

    /// <summary>Valid until something is added.</summary>
    public readonly ref T this[int index]
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => ref _chunks[index >> ChunkBits][index & (ChunkItems - 1)];
    }

    /// <summary>Adds an item of zeros.</summary>
    /// <returns>Its index.</returns>
    public int Add()
    {
        int chunk = Count >> ChunkBits;
        if (chunk == 0 && Count == _chunks[0].Length)
        {
            Array.Resize(ref _chunks[0], Math.Min(ChunkItems, Count * 2));
        }
        else if (chunk == _chunks.Length)
        {
            Array.Resize(ref _chunks, chunk * 2);
        }

        _chunks[chunk] ??= new T[ChunkItems];
        return Count++;
    }
}
