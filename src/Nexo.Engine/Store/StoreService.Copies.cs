namespace Nexo.Engine.Store;

/// <content>Copies and moves of whole entries, whatever they hold.</content>
public sealed partial class StoreService
{
    /// <summary>
    /// Copies an entry with its expiry under another key. <see cref="StoreStatus.NotFound"/>: there is none; <see
    /// cref="StoreStatus.ConditionFailed"/>: the other is there and may not be replaced.
    /// </summary>
    public StoreStatus Copy(ReadOnlySpan<byte> key, ReadOnlySpan<byte> target, bool replace) =>
        Copy(key, target, replace, moves: false);

    /// <summary>As <see cref="Copy(ReadOnlySpan{byte}, ReadOnlySpan{byte}, bool)"/>; the entry is under its new key only.</summary>
    public StoreStatus Rename(ReadOnlySpan<byte> key, ReadOnlySpan<byte> target, bool replace) =>
        Copy(key, target, replace, moves: true);

    private StoreStatus Copy(ReadOnlySpan<byte> key, ReadOnlySpan<byte> target, bool replace, bool moves)
    {
        if (!KeyValid(key) || !KeyValid(target))
        {
            return StoreStatus.KeyInvalid;
        }

        ulong hash = _hasher.Of(key);
        ulong targetHash = _hasher.Of(target);
        StoreShard from = ShardOf(hash);
        StoreShard to = ShardOf(targetHash);
        StoreStatus status;
        int rounds = 0;
        do
        {
            using StoreScope scope = Enter(key, target);
            if (!from.Exists(key, hash))
            {
                return StoreStatus.NotFound;
            }

            bool isSame = key.SequenceEqual(target);
            if (!replace && (isSame || to.Exists(target, targetHash)))
            {
                return StoreStatus.ConditionFailed;
            }

            if (isSame)
            {
                return StoreStatus.Ok;
            }

            var records = new SnapshotBuffer();
            status = from.Export(key, hash, records);
            if (status == StoreStatus.Ok)
            {
                status = to.Import(target, targetHash, records);
            }

            if (status == StoreStatus.Ok && moves)
            {
                status = from.Delete(key, hash, default, out _);
            }
        }
        while (status == StoreStatus.OutOfMemory && MakeRoom(to, ref rounds));
        return status;
    }
}
