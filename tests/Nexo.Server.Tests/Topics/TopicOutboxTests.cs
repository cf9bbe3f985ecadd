using System.Buffers;
using CsCheck;
using Nexo.Engine.Topics;
using Nexo.Server.Topics;

namespace Nexo.Server.Tests.Topics;

/// <summary>What waits for a slow subscription, against a list that does the same.</summary>
public sealed class TopicOutboxTests
{
    private const int BytesMax = 400;

    private static readonly Gen<TopicWhenSlow> WhenSlow =
        Gen.Bool.Select(oldest => oldest ? TopicWhenSlow.DropOldest : TopicWhenSlow.DropNewest);

    // Some are larger than all that may wait.
    private static Gen<int> Sizes => Gen.Frequency(
        (20, Gen.Int[Message.SizeMin, 130]), (1, Gen.Int[BytesMax - 40, BytesMax + 40]));

    // Sizes to be added, how many of them are passed over; or, without any, a turn of the reader.
    private static readonly Gen<(int[] Sizes, int From, int Count, int Size)[]> Steps = Gen.Select(
        Sizes.Array[0, 6], Gen.Int[0, 3], Gen.Int[0, 8], Gen.Int[1, 300]).Array[1, 80];

    [Fact]
    public void It_gives_what_a_list_with_the_same_bound_gives_and_tells_exactly_what_is_missing_where() =>
        Gen.Select(WhenSlow, Steps).Sample((whenSlow, steps) =>
        {
            var room = new TopicBuffers(long.MaxValue);
            var outbox = new TopicOutbox(BytesMax, whenSlow, new TopicRoom(room));
            var model = new OutboxModel(BytesMax, whenSlow);
            int number = 0;
            foreach ((int[] sizes, int from, int count, int size) in steps)
            {
                Message[] messages = [.. sizes.Select(bytes => new Message(number++, bytes))];
                if (messages.Length > from)
                {
                    Assert.Equal(model.Add(messages[from..]), Add(outbox, messages, from));
                }
                else
                {
                    Assert.Equal(model.TakeMissed(), outbox.TakeMissed());
                    Assert.Equal(model.Take(count, size), Take(outbox, count, size));
                }

                Assert.Equal((model.Count, model.Bytes), (outbox.Count, outbox.Bytes));
                Assert.InRange(outbox.Bytes, 0, BytesMax);
            }

            while (model.Count > 0)
            {
                Assert.Equal(model.TakeMissed(), outbox.TakeMissed());
                Assert.Equal(model.Take(int.MaxValue, int.MaxValue), Take(outbox));
            }

            Assert.Equal(model.TakeMissed(), outbox.TakeMissed());
            Assert.Equal(0, room.Bytes);
        });

    [Fact]
    public void Every_message_comes_or_is_missing_exactly_once_in_its_place() =>
        Gen.Select(WhenSlow, Sizes.Array[1, 300], Gen.Int[0, 5].Array[1, 60])
            .Sample((whenSlow, sizes, takes) =>
            {
                var outbox = new TopicOutbox(BytesMax, whenSlow, new TopicRoom(new TopicBuffers(long.MaxValue)));
                int expected = 0;
                for (int i = 0; i < sizes.Length; i++)
                {
                    Add(outbox, [new Message(i, sizes[i])]);
                    expected = Check(outbox, expected, takes[i % takes.Length]);
                }

                Assert.Equal(sizes.Length, Check(outbox, expected, int.MaxValue));
            });

    [Fact]
    public void With_the_policy_to_end_nothing_is_dropped_before_and_all_that_comes_is_counted()
    {
        var outbox = new TopicOutbox(BytesMax, TopicWhenSlow.End, new TopicRoom(new TopicBuffers(long.MaxValue)));

        Assert.Equal(0, Add(outbox, [new(1, 100), new(2, 100)]));
        Assert.False(outbox.IsOverrun);
        Assert.Equal(2, Add(outbox, [new(3, 100), new(4, 200), new(5, 10)]));

        Assert.True(outbox.IsOverrun);
        Assert.Equal([1, 2, 3], Numbers(Take(outbox)));
    }

    [Fact]
    public void What_is_larger_than_the_whole_outbox_is_missing_and_costs_those_that_wait_nothing()
    {
        var outbox = new TopicOutbox(BytesMax, TopicWhenSlow.DropOldest, new TopicRoom(new TopicBuffers(long.MaxValue)));

        Assert.Equal(1, Add(outbox, [new(1, 50), new(2, BytesMax), new(3, 50)]));

        Assert.Equal((0ul, 1), (outbox.TakeMissed(), Numbers(Take(outbox)).Single()));
        Assert.Equal((1ul, 3), (outbox.TakeMissed(), Numbers(Take(outbox)).Single()));
    }

    [Fact]
    public void When_all_outboxes_together_have_no_more_room_each_goes_on_with_what_it_has()
    {
        var room = new TopicBuffers(2 * 1_024);
        var first = new TopicOutbox(64 * 1_024, TopicWhenSlow.DropOldest, new TopicRoom(room));
        var second = new TopicOutbox(64 * 1_024, TopicWhenSlow.DropNewest, new TopicRoom(room));
        var third = new TopicOutbox(64 * 1_024, TopicWhenSlow.DropOldest, new TopicRoom(room));
        Assert.Equal(0, Add(first, [new(1, 500)]));
        Assert.Equal(0, Add(second, [new(1, 500)]));

        Assert.Equal(1, Add(third, [new(1, 10)]));
        Assert.Equal(1, Add(first, [new(2, 1_000)]));
        Assert.Equal(1, Add(second, [new(2, 1_000)]));

        Assert.Equal(2 * 1_024, room.Bytes);
        Assert.Equal((1ul, 0), (third.TakeMissed(), third.Count));
        Assert.Equal((1ul, 2), (first.TakeMissed(), Numbers(Take(first)).Single()));
        Assert.Equal((0ul, 1), (second.TakeMissed(), Numbers(Take(second)).Single()));
        Assert.Equal((1ul, 0), (second.TakeMissed(), second.Count));

        Assert.Equal(0, room.Bytes);
        Assert.Equal(0, Add(third, [new(2, 10)]));
    }

    [Fact]
    public void However_many_take_all_that_they_can_get_there_is_room_for_the_next()
    {
        const int Bound = 4 * 1_024 * 1_024;
        var room = new TopicBuffers(Bound);
        for (int i = 0; i < 50; i++)
        {
            // A connection with one subscription that takes what it can, and one that wants little.
            long free = Bound - room.Bytes;
            var connection = new TopicRoom(room);
            var greedy = new TopicOutbox(Bound, TopicWhenSlow.DropOldest, connection);
            var modest = new TopicOutbox(Bound, TopicWhenSlow.DropNewest, connection);
            for (int message = 0; message < 5_000; message++)
            {
                Add(greedy, [new(message, 1_000)]);
            }

            Assert.Equal(0, Add(modest, [new(0, 1_000), new(1, 1_000), new(2, 1_000)]));
            Assert.InRange(greedy.Bytes, 10_000, free / 2);
            Assert.InRange(room.Bytes, 0, Bound);
        }
    }

    [Fact]
    public void The_share_of_each_message_is_told_again()
    {
        var outbox = new TopicOutbox(BytesMax, TopicWhenSlow.DropOldest, new TopicRoom(new TopicBuffers(long.MaxValue)));
        outbox.Add(new Message(1, 10).Encode(), [10], from: 0, share: 0);
        outbox.Add(new Message(2, 20).Encode(), [20], from: 0, share: 7);
        var target = new ArrayBufferWriter<byte>();

        Assert.True(outbox.TryTake(target, out uint first));
        Assert.True(outbox.TryTake(target, out uint second));
        Assert.False(outbox.TryTake(target, out _));

        Assert.Equal((0u, 7u), (first, second));
        Assert.Equal([1, 2], Numbers(Message.Decode(target.WrittenSpan)));
    }

    private static int Add(TopicOutbox outbox, Message[] messages, int from = 0)
    {
        int end = 0;
        int[] ends = [.. messages.Select(message => end += message.Size)];
        return outbox.Add(messages.SelectMany(message => message.Encode()).ToArray(), ends, from, share: 0);
    }

    private static List<Message> Take(TopicOutbox outbox, int countMax = int.MaxValue, int sizeMax = int.MaxValue)
    {
        var target = new ArrayBufferWriter<byte>();
        int count = outbox.Take(target, countMax, sizeMax);
        List<Message> taken = Message.Decode(target.WrittenSpan);
        Assert.Equal(count, taken.Count);
        return taken;
    }

    private static IEnumerable<int> Numbers(List<Message> messages) => messages.Select(message => message.Number);

    // Goes on with the numbers that follow, told as missing or taken.
    private static int Check(TopicOutbox outbox, int expected, int countMax)
    {
        for (int i = 0; i < countMax && !outbox.IsEmpty; i++)
        {
            expected += (int)outbox.TakeMissed();
            Assert.Equal(expected++, Assert.Single(Take(outbox, countMax: 1)).Number);
        }

        return outbox.IsEmpty ? expected + (int)outbox.TakeMissed() : expected;
    }
}
