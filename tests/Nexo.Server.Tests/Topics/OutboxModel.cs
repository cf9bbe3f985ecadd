using System.Buffers.Binary;
using Nexo.Engine.Topics;
using Nexo.Server.Topics;

namespace Nexo.Server.Tests.Topics;

/// <summary>A message that is its number, its size, and as many more bytes.</summary>
internal sealed record Message(int Number, int Size)
{
    public const int SizeMin = 2 * sizeof(int);

    public byte[] Encode()
    {
        byte[] bytes = new byte[Size];
        bytes.AsSpan().Fill((byte)Number);
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Number);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(sizeof(int)), Size);
        return bytes;
    }

    public static List<Message> Decode(ReadOnlySpan<byte> bytes)
    {
        List<Message> all = [];
        while (!bytes.IsEmpty)
        {
            int size = BinaryPrimitives.ReadInt32LittleEndian(bytes[sizeof(int)..]);
            var message = new Message(BinaryPrimitives.ReadInt32LittleEndian(bytes), size);
            Assert.Equal(message.Encode(), bytes[..size].ToArray());
            all.Add(message);
            bytes = bytes[size..];
        }

        return all;
    }
}

/// <summary>What <see cref="TopicOutbox"/> does, said with a list: each message with how many are missing before it.</summary>
internal sealed class OutboxModel(int bytesMax, TopicWhenSlow whenSlow)
{
    private readonly List<(int MissingBefore, Message Message)> _waiting = [];
    private int _missingAtEnd;

    public int Count => _waiting.Count;

    // What is missing before the first is no longer in the ring, nor is yet what is missing behind the last.
    public int Bytes =>
        _waiting.Sum(item => item.Message.Size + TopicOutbox.OverheadBytes)
        + (_waiting.Skip(1).Count(item => item.MissingBefore > 0) * TopicOutbox.OverheadBytes);

    public int Add(Message[] messages)
    {
        int dropped = 0;
        foreach (Message message in messages)
        {
            int needed = message.Size + TopicOutbox.OverheadBytes;
            int gap = _missingAtEnd > 0 && Count > 0 ? TopicOutbox.OverheadBytes : 0;
            bool fits = Bytes + gap + needed <= bytesMax;
            if (!fits && (whenSlow == TopicWhenSlow.DropNewest || gap + needed > bytesMax))
            {
                _missingAtEnd++;
                dropped++;
                continue;
            }

            while (Count > 0 && Bytes + (_missingAtEnd > 0 ? TopicOutbox.OverheadBytes : 0) + needed > bytesMax)
            {
                (int missing, _) = _waiting[0];
                _waiting.RemoveAt(0);
                AddMissingBeforeFirst(missing + 1);
                dropped++;
            }

            _waiting.Add((_missingAtEnd, message));
            _missingAtEnd = 0;
        }

        return dropped;
    }

    public ulong TakeMissed()
    {
        int missed = Count > 0 ? _waiting[0].MissingBefore : _missingAtEnd;
        AddMissingBeforeFirst(-missed);
        return (ulong)missed;
    }

    public List<Message> Take(int countMax, int sizeMax)
    {
        List<Message> taken = [];
        while (taken.Count < countMax
            && Count > 0
            && _waiting[0].MissingBefore == 0
            && (taken.Count == 0 || taken.Sum(message => message.Size) + _waiting[0].Message.Size <= sizeMax))
        {
            taken.Add(_waiting[0].Message);
            _waiting.RemoveAt(0);
        }

        return taken;
    }

    private void AddMissingBeforeFirst(int count)
    {
        if (Count > 0)
        {
            _waiting[0] = (_waiting[0].MissingBefore + count, _waiting[0].Message);
        }
        else
        {
            _missingAtEnd += count;
        }
    }
}
