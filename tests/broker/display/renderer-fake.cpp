// A well-behaved Wayland client that stands for a renderer: draws known colours, has a select box,
// and reports on stdout what reaches it. Run with WAYLAND_SOCKET and QT_QPA_PLATFORM=wayland; with
// a second argument it has no window until its standard input ends.
#include <QApplication>
#include <QComboBox>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QSocketNotifier>
#include <QTimer>
#include <QWidget>
#include <QWindow>
#include <cstdio>

namespace {

void report(const QString& line) {
  std::puts(qUtf8Printable(line));
  std::fflush(stdout);
}

class Page final : public QWidget {
 public:
  explicit Page(QColor right) : m_right(right), m_select(new QComboBox(this)) {
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    m_select->addItems({"one", "two", "three"});
    m_select->setGeometry(20, 20, 120, 30);
    m_select->setFocusPolicy(Qt::NoFocus);
    QObject::connect(m_select, &QComboBox::currentTextChanged, this, [](const QString& text) {
      report("select " + text);
    });
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    QPainter painter(this);
    painter.fillRect(0, 0, width() / 2, height(), QColor(200, 30, 40));
    painter.fillRect(width() / 2, 0, width() - width() / 2, height(), m_right);
    if (!m_painted) QTimer::singleShot(0, [] { report("painted"); });
    m_painted = true;
  }
  void resizeEvent(QResizeEvent*) override {
    report(QString("size %1 %2 scale %3").arg(width()).arg(height()).arg(devicePixelRatioF()));
  }
  void mousePressEvent(QMouseEvent* e) override {
    report(QString("press %1 %2 %3")
               .arg(e->position().x())
               .arg(e->position().y())
               .arg(int(e->button())));
  }
  void mouseReleaseEvent(QMouseEvent* e) override {
    report(QString("release %1 %2").arg(e->position().x()).arg(e->position().y()));
  }
  void mouseMoveEvent(QMouseEvent* e) override {
    report(QString("move %1 %2").arg(e->position().x()).arg(e->position().y()));
    setCursor(e->position().x() > width() - 60 ? Qt::BlankCursor : Qt::PointingHandCursor);
  }
  void wheelEvent(QWheelEvent* e) override {
    report(QString("wheel %1 %2").arg(e->angleDelta().x()).arg(e->angleDelta().y()));
  }
  void keyPressEvent(QKeyEvent* e) override {
    report((e->isAutoRepeat() ? "key again " : "key ") + e->text());
  }
  void focusInEvent(QFocusEvent*) override { report("focus in"); }
  void focusOutEvent(QFocusEvent*) override { report("focus out"); }

 private:
  QColor m_right;
  QComboBox* m_select;
  bool m_painted = false;
};

}  // namespace

int main(int argc, char** argv) {
  QApplication app(argc, argv);
  Page page(argc > 1 ? QColor(argv[1]) : QColor(30, 160, 60));
  page.setWindowTitle("Renderer fake");
  page.resize(300, 200);
  QSocketNotifier input(0, QSocketNotifier::Read);
  if (argc > 2) {
    QObject::connect(&input, &QSocketNotifier::activated, &page, [&] {
      input.setEnabled(false);
      page.show();
    });
    report("waits");
  } else {
    input.setEnabled(false);
    page.show();
  }
  return QApplication::exec();
}
