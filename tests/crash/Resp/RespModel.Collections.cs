namespace Nexo.Crash.Resp;

// Lists, sets and sorted sets.
internal sealed partial class RespModel
{
    private RespReply ApplyToList(IReadOnlyList<string> command)
    {
        string key = command[1];
        if (command[0] is "LPUSH" or "RPUSH")
        {
            List<string> pushed = Make(key, () => new List<string>());
            foreach (string item in command.Skip(2))
            {
                pushed.Insert(command[0] == "LPUSH" ? 0 : pushed.Count, item);
            }

            return RespReply.Number(pushed.Count);
        }

        List<string>? list = Find<List<string>>(key);
        switch (command[0])
        {
            case "LPOP" or "RPOP":
                return list is null ? RespReply.Null : RespReply.Bulks(Take(list, command[0] == "LPOP", (int)Number(command[2])));
            case "LMOVE":
                if (list is null)
                {
                    return RespReply.Null;
                }

                string moved = Take(list, command[3] == "LEFT", 1)[0];
                List<string> target = Make(command[2], () => new List<string>());
                target.Insert(command[4] == "LEFT" ? 0 : target.Count, moved);
                return RespReply.Bulk(moved);
            case "LTRIM":
                int kept = (int)Number(command[3]) + 1;
                list?.RemoveRange(Math.Min(kept, list.Count), Math.Max(0, list.Count - kept));
                return RespReply.Ok;
            case "LSET":
                if (list is null)
                {
                    return new RespReply('-', "ERR no such key", []);
                }

                list[command[2] == "0" ? 0 : ^1] = command[3];
                return RespReply.Ok;
            case "LINSERT":
                int at = list?.IndexOf(command[3]) ?? -1;
                if (at >= 0)
                {
                    list!.Insert(command[2] == "BEFORE" ? at : at + 1, command[4]);
                }

                return RespReply.Number(list is null ? 0 : at < 0 ? -1 : list.Count);
            default:
                return RespReply.Number(list is null ? 0 : RemoveEqual(list, (int)Number(command[2]), command[3]));
        }
    }

    private static List<string> Take(List<string> list, bool left, int count)
    {
        int taken = Math.Min(count, list.Count);
        int from = left ? 0 : list.Count - taken;
        List<string> items = list.GetRange(from, taken);
        list.RemoveRange(from, taken);
        if (!left)
        {
            items.Reverse();
        }

        return items;
    }

    private static int RemoveEqual(List<string> list, int count, string item)
    {
        int removed = 0;
        while ((count == 0 || removed < Math.Abs(count)) && (count < 0 ? list.LastIndexOf(item) : list.IndexOf(item)) is var at and >= 0)
        {
            list.RemoveAt(at);
            removed++;
        }

        return removed;
    }

    private RespReply ApplyToSet(IReadOnlyList<string> command)
    {
        string key = command[1];
        SortedSet<string>? there = Find<SortedSet<string>>(key);
        switch (command[0])
        {
            case "SADD":
                SortedSet<string> set = Make(key, NewSet);
                return RespReply.Number(command.Skip(2).Count(set.Add));
            case "SREM":
                return RespReply.Number(command.Skip(2).Count(member => there?.Remove(member) == true));
            case "SMOVE":
                if (there is null || !there.Remove(command[3]))
                {
                    return RespReply.Number(0);
                }

                Make(command[2], NewSet).Add(command[3]);
                return RespReply.Number(1);
            default:
                SortedSet<string> result = NewSet();
                result.UnionWith(Find<SortedSet<string>>(command[2]) ?? []);
                SortedSet<string> other = Find<SortedSet<string>>(command[3]) ?? [];
                (command[0] switch
                {
                    "SUNIONSTORE" => (Action<SortedSet<string>>)result.UnionWith,
                    "SINTERSTORE" => result.IntersectWith,
                    _ => result.ExceptWith,
                })(other);
                Put(key, result);
                return RespReply.Number(result.Count);
        }
    }

    private RespReply ApplyToSorted(IReadOnlyList<string> command)
    {
        string key = command[1];
        Dictionary<string, long>? there = Find<Dictionary<string, long>>(key);
        switch (command[0])
        {
            case "ZADD":
                return RespReply.Number(AddScores(Make(key, () => new Dictionary<string, long>()), command));
            case "ZREM":
                return RespReply.Number(command.Skip(2).Count(member => there?.Remove(member) == true));
            case "ZINCRBY":
                Dictionary<string, long> scores = Make(key, () => new Dictionary<string, long>());
                scores[command[3]] = scores.GetValueOrDefault(command[3]) + Number(command[2]);
                return RespReply.Bulk(Text(scores[command[3]]));
            case "ZPOPMIN" or "ZREMRANGEBYRANK":
                int most = (int)Number(command[^1]) + (command.Count == 4 ? 1 : 0);
                List<(string Member, long Score)> gone = [.. Sort(there ?? []).Take(most)];
                gone.ForEach(one => there!.Remove(one.Member));
                return command[0] == "ZREMRANGEBYRANK" ? RespReply.Number(gone.Count)
                    : RespReply.Bulks(gone.SelectMany(one => new[] { one.Member, Text(one.Score) }));
            case "ZRANGESTORE":
                Dictionary<string, long> source = Find<Dictionary<string, long>>(command[2]) ?? [];
                var range = Sort(source).Take((int)Number(command[4]) + 1).ToDictionary(one => one.Member, one => one.Score);
                Put(key, range);
                return RespReply.Number(range.Count);
            default:
                var highest = new Dictionary<string, long>(Find<Dictionary<string, long>>(command[3]) ?? []);
                foreach ((string member, long score) in Find<Dictionary<string, long>>(command[4]) ?? [])
                {
                    highest[member] = Math.Max(highest.GetValueOrDefault(member, score), score);
                }

                Put(key, highest);
                return RespReply.Number(highest.Count);
        }
    }

    // ZADD key [GT] CH score member …
    private static int AddScores(Dictionary<string, long> scores, IReadOnlyList<string> command)
    {
        bool greater = command[2] == "GT";
        int changed = 0;
        for (int i = greater ? 4 : 3; i < command.Count; i += 2)
        {
            long score = Number(command[i]);
            bool exists = scores.TryGetValue(command[i + 1], out long before);
            if (!exists || (score != before && (!greater || score > before)))
            {
                scores[command[i + 1]] = score;
                changed++;
            }
        }

        return changed;
    }

    private static SortedSet<string> NewSet() => new(StringComparer.Ordinal);
}
