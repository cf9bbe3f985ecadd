using System.Buffers;

namespace Nexo.Engine.Topics;

/// <summary>Messages that are to be delivered, copied together. The bytes are from the pool, and go back when it is cleared.</summary>
internal sealed class TopicBuffer
{
    private const int BytesAtFirst = 4 * 1_024;
    private const int PlacesAtFirst = 8;
    private const int PlacesKept = 1_024;
    private const long NoTtl = -1;

    private Place[] _places = [];
    private byte[] _bytes = [];
    private int _used;

    public int Count { get; private set; }

    public void Add(in TopicMessage message)
    {
        int topic = message.Topic.Length;
        int headers = message.Headers.Length;
        int body = message.Body.Length;
        int length = checked(topic + headers + body);
        if (_bytes.Length - _used < length)
        {
            GrowBytes(length);
        }

        if (Count == _places.Length)
        {
            Array.Resize(ref _places, Math.Max(PlacesAtFirst, Count * 2));
        }

        Span<byte> to = _bytes.AsSpan(_used, length);
        message.Topic.CopyTo(to);
        message.Headers.CopyTo(to[topic..]);
        message.Body.CopyTo(to[(topic + headers)..]);
        _places[Count++] = new Place(_used, topic, headers, body, message.TtlMs ?? NoTtl, message.Qos, message.Retain);
        _used += length;
    }

    /// <summary>Bytes of so many neighbours.</summary>
    public int BytesOf(int from, int count)
    {
        Place last = _places[from + count - 1];
        return last.At + last.Topic + last.Headers + last.Body - _places[from].At;
    }

    public TopicMessage Read(int index)
    {
        Place place = _places[index];
        ReadOnlySpan<byte> bytes = _bytes.AsSpan(place.At, place.Topic + place.Headers + place.Body);
        return new TopicMessage
        {
            Topic = bytes[..place.Topic],
            Headers = bytes.Slice(place.Topic, place.Headers),
            Body = bytes[(place.Topic + place.Headers)..],
            TtlMs = place.TtlMs == NoTtl ? null : place.TtlMs,
            Qos = place.Qos,
            Retain = place.Retain,
        };
    }

    public void Clear()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            _bytes = [];
        }

        if (_places.Length > PlacesKept)
        {
            _places = [];
        }

        _used = 0;
        Count = 0;
    }

    private void GrowBytes(int more)
    {
        long wanted = Math.Max(BytesAtFirst, Math.Max((long)_bytes.Length * 2, (long)_used + more));
        byte[] larger = ArrayPool<byte>.Shared.Rent((int)Math.Min(wanted, Array.MaxLength));
        _bytes.AsSpan(0, _used).CopyTo(larger);
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
        }

        _bytes = larger;
    }

    private readonly record struct Place(int At, int Topic, int Headers, int Body, long TtlMs, TopicQos Qos, bool Retain);
}
