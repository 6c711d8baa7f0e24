package org.culvert.samples;

import java.time.Clock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The rooms of a chat: who is here, and what was last said. Everybody in a room is told everything
 * in the same order, so messages are queued under one lock; they are sent outside it, since sending
 * runs the container's code, which may call back. Any thread.
 */
final class Chat {
  /** What a newcomer is told of the past. */
  static final int HISTORY = 50;

  /** So many empty rooms are remembered; the next one is forgotten when its last member leaves. */
  static final int EMPTY_ROOMS = 100;

  private final Clock clock;
  private final Map<String, Room> rooms = new HashMap<>(); // guarded by this, as are the rooms

  Chat(Clock clock) {
    this.clock = clock;
  }

  /** Somebody in a room. */
  record Member(String room, String name, Outbox outbox) {}

  private static final class Room {
    private final Map<String, Member> here = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    private final Deque<Map<String, Object>> history = new ArrayDeque<>();

    void tell(String message) {
      here.values().forEach(member -> member.outbox().add(message));
    }
  }

  /** Enters a room, which is made if need be, under the wanted name or the nearest free one. */
  Member join(String roomName, String wanted, Outbox outbox) {
    Member[] joined = new Member[1];
    in(
        roomName,
        room -> {
          Member member = new Member(roomName, free(wanted, room.here), outbox);
          room.here.put(member.name(), member);
          List<String> names = List.copyOf(room.here.keySet());
          outbox.add(
              Json.text(
                  Json.object(
                      "type",
                      "welcome",
                      "room",
                      roomName,
                      "you",
                      member.name(),
                      "here",
                      names,
                      "history",
                      room.history)));
          room.here.values().stream()
              .filter(other -> other != member)
              .forEach(other -> other.outbox().add(presence("joined", member, names)));
          joined[0] = member;
        });
    return joined[0];
  }

  /** Says something to all in the member's room, the member included. */
  void say(Member member, String text) {
    in(
        member.room(),
        room -> {
          Map<String, Object> said =
              Json.object(
                  "type", "said", "from", member.name(), "text", text, "at", clock.millis());
          if (room.history.size() == HISTORY) {
            room.history.remove();
          }
          room.history.add(said);
          room.tell(Json.text(said));
        });
  }

  /** Leaves the room. */
  void leave(Member member) {
    in(
        member.room(),
        room -> {
          room.here.remove(member.name(), member);
          room.tell(presence("left", member, List.copyOf(room.here.keySet())));
        });
  }

  /**
   * Tells everybody that the chat is alive. A quiet connection is closed sooner or later by one of
   * the proxies on its way, and a page cannot see WebSocket's own pings.
   */
  void beat() {
    List<String> names;
    synchronized (this) {
      names = List.copyOf(rooms.keySet());
    }
    String beat = Json.text(Json.object("type", "beat"));
    names.forEach(name -> in(name, room -> room.tell(beat)));
  }

  private void in(String name, Consumer<Room> change) {
    Collection<Member> listeners;
    synchronized (this) {
      Room room = rooms.computeIfAbsent(name, absent -> new Room());
      change.accept(room);
      listeners = new ArrayList<>(room.here.values());
      if (room.here.isEmpty() && rooms.size() > EMPTY_ROOMS) {
        rooms.remove(name);
      }
    }
    listeners.forEach(member -> member.outbox().flush());
  }

  private static String presence(String type, Member who, List<String> names) {
    return Json.text(Json.object("type", type, "name", who.name(), "here", names));
  }

  private static String free(String wanted, Map<String, Member> taken) {
    String name = wanted;
    for (int i = 2; taken.containsKey(name); i++) {
      name = wanted + " " + i;
    }
    return name;
  }
}
