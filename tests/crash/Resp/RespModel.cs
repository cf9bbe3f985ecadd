using System.Globalization;

namespace Nexo.Crash.Resp;

/// <summary>Keys and what commands make of them, in the plainest words. No command is given a key of another type.</summary>
internal sealed partial class RespModel
{
    private readonly SortedDictionary<string, RespEntry> _entries = new(StringComparer.Ordinal);

    public IReadOnlyDictionary<string, RespEntry> Entries => _entries;

    public static IEnumerable<(string Member, long Score)> Sort(Dictionary<string, long> scores) => scores
        .Select(pair => (pair.Key, pair.Value)).OrderBy(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal);

    public RespModel Copy()
    {
        var copy = new RespModel();
        foreach ((string key, RespEntry entry) in _entries)
        {
            copy._entries.Add(key, entry.Copy());
        }

        return copy;
    }

    /// <summary>The first key that is not the same in both, with what it is here and there; null: there is none.</summary>
    public string? DifferenceTo(RespModel other)
    {
        foreach (string key in _entries.Keys.Union(other._entries.Keys))
        {
            string here = _entries.TryGetValue(key, out RespEntry? mine) ? mine.Text : "nothing";
            string there = other._entries.TryGetValue(key, out RespEntry? theirs) ? theirs.Text : "nothing";
            if (here != there)
            {
                return $"{key} is {Short(here)} instead of {Short(there)}";
            }
        }

        return null;
    }

    public void Put(string key, object value, bool expires = false) => _entries[key] = new RespEntry(value) { Expires = expires };

    /// <summary>Does a command and says what it must answer.</summary>
    public RespReply Apply(IReadOnlyList<string> command)
    {
        string key = command[1];
        RespReply answer = command[0] switch
        {
            "SET" or "MSET" or "GETDEL" or "APPEND" or "SETRANGE" or "INCRBY" => ApplyToString(command),
            "HSET" or "HDEL" or "HINCRBY" => ApplyToHash(command),
            "LPUSH" or "RPUSH" or "LPOP" or "RPOP" or "LMOVE" or "LTRIM" or "LSET" or "LINSERT" or "LREM" => ApplyToList(command),
            "SADD" or "SREM" or "SMOVE" or "SUNIONSTORE" or "SINTERSTORE" or "SDIFFSTORE" => ApplyToSet(command),
            "DEL" => RespReply.Number(command.Skip(1).Count(_entries.Remove)),
            "EXPIRE" => RespReply.Number(SetExpires(key, expires: true)),
            "PERSIST" => RespReply.Number(SetExpires(key, expires: false)),
            "COPY" or "RENAME" => ApplyCopy(command[0] == "RENAME", key, command[2]),
            _ => ApplyToSorted(command),
        };
        foreach (string empty in _entries.Where(entry => entry.Value.IsEmpty).Select(entry => entry.Key).ToArray())
        {
            _entries.Remove(empty);
        }

        return answer;
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Short(string text) => text.Length <= 300 ? text : $"{text[..150]} … {text[^150..]}";

    private T Make<T>(string key, Func<T> make)
        where T : class
    {
        if (!_entries.TryGetValue(key, out RespEntry? entry))
        {
            entry = new RespEntry(make());
            _entries.Add(key, entry);
        }

        return (T)entry.Value;
    }

    private T? Find<T>(string key)
        where T : class => _entries.TryGetValue(key, out RespEntry? entry) ? (T)entry.Value : null;

    // The expiry stays.
    private void Change(string key, string value) =>
        Put(key, value, _entries.TryGetValue(key, out RespEntry? entry) && entry.Expires);

    private int SetExpires(string key, bool expires)
    {
        if (!_entries.TryGetValue(key, out RespEntry? entry) || (!expires && !entry.Expires))
        {
            return 0;
        }

        entry.Expires = expires;
        return 1;
    }

    private RespReply ApplyCopy(bool moves, string key, string target)
    {
        if (!_entries.TryGetValue(key, out RespEntry? entry))
        {
            return moves ? new RespReply('-', "ERR no such key", []) : RespReply.Number(0);
        }

        _entries[target] = entry.Copy();
        if (moves)
        {
            _entries.Remove(key);
        }

        return moves ? RespReply.Ok : RespReply.Number(1);
    }

    private RespReply ApplyToString(IReadOnlyList<string> command)
    {
        string key = command[1];
        switch (command[0])
        {
            case "SET":
                Put(key, command[2], expires: command.Count > 3);
                return RespReply.Ok;
            case "MSET":
                for (int i = 1; i < command.Count; i += 2)
                {
                    Put(command[i], command[i + 1]);
                }

                return RespReply.Ok;
            case "GETDEL":
                string? value = Find<string>(key);
                _entries.Remove(key);
                return RespReply.Bulk(value);
            case "APPEND":
                string longer = Find<string>(key) + command[2];
                Change(key, longer);
                return RespReply.Number(longer.Length);
            case "SETRANGE":
                int offset = (int)Number(command[2]);
                string before = (Find<string>(key) ?? string.Empty).PadRight(offset + command[3].Length, '\0');
                string after = before[..offset] + command[3] + before[(offset + command[3].Length)..];
                Change(key, after);
                return RespReply.Number(after.Length);
            default:
                long sum = Number(Find<string>(key) ?? "0") + Number(command[2]);
                Change(key, Text(sum));
                return RespReply.Number(sum);
        }
    }

    private RespReply ApplyToHash(IReadOnlyList<string> command)
    {
        string key = command[1];
        if (command[0] == "HDEL")
        {
            SortedDictionary<string, string>? there = Find<SortedDictionary<string, string>>(key);
            return RespReply.Number(command.Skip(2).Count(field => there?.Remove(field) == true));
        }

        SortedDictionary<string, string> fields = Make(key, () => new SortedDictionary<string, string>(StringComparer.Ordinal));
        if (command[0] == "HINCRBY")
        {
            long sum = Number(fields.GetValueOrDefault(command[2], "0")) + Number(command[3]);
            fields[command[2]] = Text(sum);
            return RespReply.Number(sum);
        }

        int before = fields.Count;
        for (int i = 2; i < command.Count; i += 2)
        {
            fields[command[i]] = command[i + 1];
        }

        return RespReply.Number(fields.Count - before);
    }
}
