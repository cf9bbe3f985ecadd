using System.Buffers.Binary;
using CsCheck;
using Nexo.Protocol.Tests.Codecs;

namespace Nexo.Protocol.Tests;

/// <summary>No decoder throws on any bytes, and none makes room for what is merely announced.</summary>
public sealed class HostileBytesTests
{
    // Fields as JSON cost far more than the decoder itself; the bound grows with the bytes that are there, nothing else.
    private const int AllocatedBytesFixed = 16 * 1_024;
    private const int AllocatedBytesPerByte = 400;

    private static readonly uint[] Announced =
        [0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x10000, 1_000_001, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF];

    public static TheoryData<string> Names => Codec.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void Random_bytes_are_read_or_refused(string name)
    {
        Codec codec = Codec.All[name];

        Gen.Byte.Array[0, 200].Sample(body => ReadBounded(codec, body), iter: 2_000, threads: 1);
    }

    // Counts and lengths are small numbers: random bytes alone would hardly ever get past the first one.
    [Theory]
    [MemberData(nameof(Names))]
    public void Bytes_that_look_like_lengths_are_read_or_refused(string name)
    {
        Codec codec = Codec.All[name];

        Gen.Byte[0, 4].Array[0, 60].Sample(body => ReadBounded(codec, body), iter: 3_000, threads: 1);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_truncation_of_a_golden_frame_is_read_or_refused(string name)
    {
        foreach (byte[] body in Bodies(name))
        {
            for (int length = 0; length < body.Length; length++)
            {
                ReadBounded(Codec.All[name], body[..length]);
            }
        }
    }

    // A layout that ends with a list or with bytes of a known size is whole at its last byte and not before it.
    [Theory]
    [InlineData("queue-push-reply")]
    [InlineData("queue-push-batch")]
    [InlineData("queue-push-batch-reply")]
    [InlineData("deliveries")]
    [InlineData("queue-ack")]
    [InlineData("queue-nack")]
    [InlineData("queue-dead-letter")]
    [InlineData("queue-extend")]
    [InlineData("queue-extend-reply")]
    [InlineData("per-item")]
    [InlineData("queue-list")]
    [InlineData("queue-stats")]
    [InlineData("kept")]
    [InlineData("schedule-set-reply")]
    [InlineData("schedule-list")]
    [InlineData("topic-publish-reply")]
    [InlineData("topic-publish-batch")]
    [InlineData("topic-publish-batch-reply")]
    [InlineData("topic-subscribe")]
    [InlineData("topic-push")]
    [InlineData("topic-filters")]
    [InlineData("retained-list-reply")]
    [InlineData("topic-list")]
    [InlineData("topic-stats")]
    [InlineData("topic-subscribers")]
    [InlineData("binding-set-reply")]
    [InlineData("binding-list")]
    [InlineData("stream-list")]
    [InlineData("stream-stats")]
    [InlineData("offset")]
    [InlineData("stream-append-batch")]
    [InlineData("stream-append-reply")]
    [InlineData("stream-read-reply")]
    [InlineData("offset-range")]
    [InlineData("stream-tail-push")]
    [InlineData("group-list")]
    [InlineData("group-seek-reply")]
    [InlineData("group-join-reply")]
    [InlineData("group-state")]
    [InlineData("group-delivery")]
    [InlineData("group-ack")]
    [InlineData("group-nack")]
    public void No_prefix_of_a_message_is_one(string name) =>
        Assert.All(Bodies(name), body =>
        {
            for (int length = 0; length < body.Length; length++)
            {
                Assert.Null(Codec.All[name].Read(body.AsSpan(0, length)));
            }
        });

    // Every place may be a length or a count for some layout, so all are tried at all widths.
    [Theory]
    [MemberData(nameof(Names))]
    public void Every_number_of_a_golden_frame_may_lie(string name)
    {
        Codec codec = Codec.All[name];
        foreach (byte[] body in Bodies(name))
        {
            foreach (uint number in Announced.Append((uint)body.Length).Append((uint)body.Length + 1))
            {
                Overwrite(codec, body, sizeof(uint), at => BinaryPrimitives.WriteUInt32LittleEndian(at, number));
                Overwrite(codec, body, sizeof(ushort), at => BinaryPrimitives.WriteUInt16LittleEndian(at, (ushort)number));
                Overwrite(codec, body, sizeof(byte), at => at[0] = (byte)number);
            }
        }
    }

    [Theory]
    [InlineData("list", 0)]
    [InlineData("info", 0)]
    [InlineData("multi-set", 1)]
    [InlineData("hash-set", 4)]
    [InlineData("hash-fields", 4)]
    [InlineData("hash", 8)]
    [InlineData("scan-reply", 4)]
    [InlineData("multi-value", 0)]
    [InlineData("multi-set-reply", 0)]
    [InlineData("queue-list", 4)]
    [InlineData("queue-stats", 0)]
    [InlineData("queue-push-batch", 8)]
    [InlineData("queue-push-batch-reply", 0)]
    [InlineData("deliveries", 0)]
    [InlineData("queue-ack", 4)]
    [InlineData("queue-nack", 20)]
    [InlineData("queue-dead-letter", 8)]
    [InlineData("queue-extend", 8)]
    [InlineData("queue-extend-reply", 0)]
    [InlineData("per-item", 0)]
    [InlineData("kept", 4)]
    [InlineData("schedule-list", 4)]
    [InlineData("topic-publish-batch", 0)]
    [InlineData("topic-publish-batch-reply", 0)]
    [InlineData("topic-subscribe", 12)]
    [InlineData("topic-push", 8)]
    [InlineData("topic-filters", 4)]
    [InlineData("topic-filters", 8)]
    [InlineData("retained-list-reply", 4)]
    [InlineData("topic-list", 4)]
    [InlineData("topic-stats", 0)]
    [InlineData("topic-subscribers", 4)]
    [InlineData("binding-list", 4)]
    [InlineData("stream-list", 4)]
    [InlineData("stream-stats", 0)]
    [InlineData("stream-append-batch", 8)]
    [InlineData("stream-read-reply", 24)]
    [InlineData("stream-tail-push", 8)]
    [InlineData("group-list", 4)]
    [InlineData("group-delivery", 8)]
    [InlineData("group-ack", 24)]
    [InlineData("group-nack", 40)]
    [InlineData("group-describe-reply", 36)]
    public void A_count_that_the_body_cannot_hold_is_refused_without_making_room(string name, int countAt)
    {
        foreach (uint count in (uint[])[1, 2, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
        {
            var body = new byte[countAt + sizeof(uint)];
            BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(countAt), count);
            Codec.All[name].Read(body);
            long before = GC.GetAllocatedBytesForCurrentThread();

            Assert.Null(Codec.All[name].Read(body));

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_024);
        }
    }

    [Theory]
    [InlineData("delete-reply")]
    [InlineData("ttl-reply")]
    [InlineData("count")]
    [InlineData("number")]
    [InlineData("credit")]
    [InlineData("list")]
    [InlineData("multi-set")]
    [InlineData("hash-set")]
    [InlineData("hash-fields")]
    [InlineData("hash")]
    [InlineData("info")]
    [InlineData("scan-reply")]
    [InlineData("multi-value")]
    [InlineData("multi-set-reply")]
    [InlineData("queue-declare")]
    [InlineData("queue-declare-reply")]
    [InlineData("queue-definition")]
    [InlineData("queue-update")]
    [InlineData("queue-list")]
    [InlineData("queue-stats")]
    [InlineData("queue-push-reply")]
    [InlineData("queue-push-batch")]
    [InlineData("queue-push-batch-reply")]
    [InlineData("deliveries")]
    [InlineData("queue-ack")]
    [InlineData("queue-nack")]
    [InlineData("queue-dead-letter")]
    [InlineData("queue-extend")]
    [InlineData("queue-extend-reply")]
    [InlineData("per-item")]
    [InlineData("kept")]
    [InlineData("queue-dead-list")]
    [InlineData("queue-dead-select")]
    [InlineData("queue-dead-redrive")]
    [InlineData("schedule-set-reply")]
    [InlineData("schedule-list")]
    [InlineData("topic-publish-reply")]
    [InlineData("topic-publish-batch")]
    [InlineData("topic-publish-batch-reply")]
    [InlineData("topic-subscribe")]
    [InlineData("topic-push")]
    [InlineData("topic-filters")]
    [InlineData("retained-list-reply")]
    [InlineData("topic-list")]
    [InlineData("topic-stats")]
    [InlineData("topic-subscribers")]
    [InlineData("binding-set-reply")]
    [InlineData("binding-list")]
    [InlineData("binding")]
    [InlineData("stream-list")]
    [InlineData("stream-stats")]
    [InlineData("offset")]
    [InlineData("stream-append-batch")]
    [InlineData("stream-append-reply")]
    [InlineData("stream-read-reply")]
    [InlineData("offset-range")]
    [InlineData("stream-tail-push")]
    [InlineData("group-list")]
    [InlineData("group-seek-reply")]
    [InlineData("group-join-reply")]
    [InlineData("group-state")]
    [InlineData("group-delivery")]
    [InlineData("group-ack")]
    [InlineData("group-nack")]
    [InlineData("stream-create")]
    [InlineData("stream-create-reply")]
    [InlineData("stream-describe-reply")]
    [InlineData("stream-update")]
    [InlineData("stream-update-reply")]
    [InlineData("group-create")]
    [InlineData("group-create-reply")]
    [InlineData("group-describe-reply")]
    public void A_byte_too_many_is_malformed(string name)
    {
        // An absent hash is the empty body: one byte more is half a version, also malformed.
        Assert.All(Bodies(name), body => Assert.Null(Codec.All[name].Read([.. body, 0])));
    }

    private static List<byte[]> Bodies(string name) =>
        [.. Vector.Frames.Where(vector => vector.Codec!.Name == name).Select(vector => vector.Body())];

    private static void Overwrite(Codec codec, byte[] body, int width, WriteNumber write)
    {
        for (int i = 0; i + width <= body.Length; i++)
        {
            byte[] changed = [.. body];
            write(changed.AsSpan(i));
            ReadBounded(codec, changed);
        }
    }

    private static void ReadBounded(Codec codec, byte[] body)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        codec.Read(body);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(
            allocated <= AllocatedBytesFixed + ((long)AllocatedBytesPerByte * body.Length),
            $"{codec.Name} allocated {allocated} bytes for {Convert.ToHexString(body)}");
    }

    private delegate void WriteNumber(Span<byte> at);
}
