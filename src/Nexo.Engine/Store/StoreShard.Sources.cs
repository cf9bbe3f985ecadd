using Nexo.Engine.Memory;

namespace Nexo.Engine.Store;

/// <content>What elements come from.</content>
internal sealed unsafe partial class StoreShard
{
    private ref struct OneBlob(ReadOnlySpan<byte> item) : IBlobSource
    {
        private readonly ReadOnlySpan<byte> _item = item;
        private bool _taken;

        public bool TryTake(out ReadOnlySpan<byte> item)
        {
            item = _item;
            bool given = !_taken;
            _taken = true;
            return given;
        }
    }

    private ref struct PackedElements(ReadOnlySpan<byte> packed) : IBlobSource
    {
        private readonly ReadOnlySpan<byte> _packed = packed;
        private int _at = PackedList.HeaderBytes;

        public bool TryTake(out ReadOnlySpan<byte> item) => PackedList.TryNext(_packed, ref _at, out item);
    }
}
