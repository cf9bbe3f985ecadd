using System.Buffers;

namespace Nexo.Engine.Topics;

/// <summary>The messages of a run as one encoder writes them. Its memory is from the pool.</summary>
internal sealed class EncodedRun : IBufferWriter<byte>
{
    private const int BytesAtFirst = 4 * 1_024;

    private byte[] _bytes = [];
    private int[] _ends = [];
    private int _used;
    private int _count;

    public ITopicEncoder? Encoder { get; private set; }

    public TopicEncoding Read() => new(_bytes.AsSpan(0, _used), _ends.AsSpan(0, _count));

    public void Begin(ITopicEncoder encoder, int count)
    {
        Encoder = encoder;
        _used = 0;
        _count = 0;
        if (_ends.Length < count)
        {
            if (_ends.Length > 0)
            {
                ArrayPool<int>.Shared.Return(_ends);
            }

            _ends = ArrayPool<int>.Shared.Rent(count);
        }
    }

    public void Add(in TopicMessage message, bool retained)
    {
        Encoder!.Write(this, in message, retained);
        _ends[_count++] = _used;
    }

    public void Release()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }

        if (_ends.Length > 0)
        {
            ArrayPool<int>.Shared.Return(_ends);
            _ends = [];
        }
    }

    public void Advance(int count) => _used += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _bytes.AsMemory(_used);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _bytes.AsSpan(_used);
    }

    private void Ensure(int more)
    {
        more = Math.Max(more, 1);
        if (_bytes.Length - _used >= more)
        {
            return;
        }

        long wanted = Math.Max(BytesAtFirst, Math.Max((long)_bytes.Length * 2, (long)_used + more));
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(wanted, Array.MaxLength));
        _bytes.AsSpan(0, _used).CopyTo(larger);
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = larger;
    }
}
